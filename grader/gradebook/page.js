// Sorting, searching, filtering and moving in the tables of index.html; everything is on the page already.
(function () {
    "use strict";
    const maps = document.querySelectorAll("table.map");
    const search = document.getElementById("search");
    const filter = document.getElementById("filter");
    const count = document.getElementById("count");
    const rows = [];
    const order = { "✓": 0, "?": 1, "·": 2, "–": 3, "✗": 4 };

    // Reads every table once: sorting and searching then touch no text of the page.
    for (const map of maps)
        for (const row of map.tBodies[0].rows)
            rows.push({ row: row, name: (row.cells[0].textContent + " " + row.dataset.find).toLowerCase() });

    function show() {
        const words = search.value.toLowerCase().trim();
        const shown = new Set();
        for (const one of rows) {
            const fits = one.name.includes(words) && (!filter.value || filter.value in one.row.dataset);
            one.row.hidden = !fits;
            if (fits) shown.add(one.name);
        }
        count.textContent = shown.size + " shown";
    }

    function key(row, column) {
        const text = row.cells[column].textContent;
        if (column === 1) return text === "" ? -1 : parseFloat(text);
        return column > 2 ? order[text] : text.toLowerCase();
    }

    function sort(map, column) {
        const head = map.tHead.rows[0].cells[column];
        const down = head.getAttribute("aria-sort") === "ascending";
        const body = map.tBodies[0];
        const sorted = Array.from(body.rows, (row) => ({ row: row, key: key(row, column) }));
        sorted.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0) * (down ? -1 : 1));
        for (const cell of map.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const parts = document.createDocumentFragment();
        for (const one of sorted) parts.appendChild(one.row);
        body.appendChild(parts);
    }

    // The student's page, at the requirement of the cell.
    function open(cell) {
        const row = cell.parentNode;
        const id = row.closest("table").tHead.rows[0].cells[cell.cellIndex].dataset.id;
        location.href = row.querySelector("a").getAttribute("href") + (id ? "#" + id : "");
    }

    // What the Tab key stops at in a cell: the button of a heading, the link to a student, or the cell.
    function stop(cell) {
        return cell.querySelector("button, a") || cell;
    }

    function move(cell, down, right) {
        const map = cell.closest("table"), head = map.tHead.rows[0], body = map.tBodies[0];
        let row = cell.parentNode;
        do {
            if (down > 0) row = row === head ? body.rows[0] : row.nextElementSibling;
            if (down < 0) row = row === head ? null : row.previousElementSibling || head;
        } while (row && row.hidden);
        const to = row && row.cells[cell.cellIndex + right];
        if (!to) return;
        for (const old of map.querySelectorAll("[tabindex='0']")) old.tabIndex = -1;
        stop(to).tabIndex = 0;
        stop(to).focus();
    }

    const arrows = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    for (const map of maps) {
        // One stop of the Tab key for the whole table; the arrow keys go on from there.
        for (const one of map.querySelectorAll("a, button")) one.tabIndex = -1;
        map.querySelector("button").tabIndex = 0;
        map.addEventListener("click", function (event) {
            const head = event.target.closest("thead th"), cell = event.target.closest("tbody td");
            if (head) sort(map, head.cellIndex);
            if (cell) open(cell);
        });
        map.addEventListener("keydown", function (event) {
            const cell = event.target.closest("th, td");
            if (event.key === "Enter" && cell === event.target) open(cell);
            else if (event.key in arrows) move(cell, arrows[event.key][0], arrows[event.key][1]);
            else return;
            event.preventDefault();
        });
    }
    search.addEventListener("input", show);
    search.addEventListener("keydown", function (event) {
        const first = rows.find((one) => !one.row.hidden);
        if (event.key === "Enter" && first) location.href = first.row.querySelector("a").getAttribute("href");
    });
    filter.addEventListener("change", show);
    addEventListener("beforeprint", function () {
        for (const one of document.querySelectorAll("details")) one.open = true;
    });
    show();
})();
