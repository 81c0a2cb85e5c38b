# The verbs of the kit; `make help` lists them. Everything made goes to build/.
#
#   SRC=PATH   whose work is built or graded: labs by default, skeletons, or the folder of any submission
#   BASE=own   with grade-labN: links the submission's modules of the labs before N, not the reference's

VERSION := 1.0
.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules $(if $(filter 0,$(MAKELEVEL)),-j$(shell getconf _NPROCESSORS_ONLN))
ifneq ($(filter clean,$(MAKECMDGOALS)),)
.NOTPARALLEL: # `make clean all` is in that order
endif
.SUFFIXES:
unexport MAKEFLAGS MAKELEVEL # what the recipes call makes as it likes

# LABS=... on the command line is for one verb; the kit's own list is another thing.
ASKED := $(LABS)
override LABS := 1 2 3 4 5 6 7
# Those whose programs are written here: all in the kit, one in the handout of a lab.
HERE := $(LABS)
# Those of them whose modules a student is still writing.
UNFINISHED :=
dir_1 := 01-echo
dir_2 := 02-single
dir_3 := 03-threaded
dir_4 := 04-select
dir_5 := 05-dynamic
dir_6 := 06-proxy
dir_7 := 07-mail
programs_1 := tcp_server tcp_client udp_server udp_client
programs_2 := single_server http_client web_client
programs_3 := threaded_server threaded_client
programs_4 := select_server
programs_5 := dynamic_server
programs_6 := proxy
programs_7 := mail_client
# The programs of extra parts, built where their source is there.
extras_3 := pool_server
extras_4 := poll_server epoll_server

# What lab 7 needs besides: OpenSSL.
libs_7 := -lssl -lcrypto

SRC  := labs
OUT  := build/$(notdir $(SRC:/=))
BASE := ref

CC       := gcc
CFLAGS   := -O2 -g -Wall -Wextra -Wpedantic
CPPFLAGS := $(if $(filter labs,$(SRC)),-DSOLUTION)
LDFLAGS  :=
# What every program is built with, by contract. (macOS hides MSG_DONTWAIT, which is not in POSIX, without the last one.)
CONTRACT := -std=c11 -D_XOPEN_SOURCE=700 -pthread $(if $(filter Darwin,$(shell uname)),-D_DARWIN_C_SOURCE)

programs := $(foreach n,$(LABS),$(programs_$n) $(extras_$n))
# What no other system than Linux can build.
foreign := $(if $(filter Linux,$(shell uname)),,epoll_server)
includes := -I$(SRC)/common $(foreach n,$(LABS),-I$(SRC)/$(dir_$n))
compile   = $(CC) $(CONTRACT) $(CPPFLAGS) $(CFLAGS) $(includes)

.PHONY: all
all: $(HERE:%=lab%)

# ---- Building: the programs of lab N are linked with the modules of the labs up to N ----

# The first labs up to lab N.
upto = $(wordlist 1,$1,$(LABS))

# A module is every source in the folder of a lab that is no program and no test.
define module_rules
objects_$1 := $$(patsubst $(SRC)/%.c,$(OUT)/%.o,$$(filter-out $(SRC)/$(dir_$1)/test_% \
	$$(programs:%=$(SRC)/$(dir_$1)/%.c),$$(wildcard $(SRC)/$(dir_$1)/*.c)))
endef
$(foreach n,$(LABS),$(eval $(call module_rules,$n)))

define lab_rules
built_$1 := $(programs_$1) $$(foreach p,$$(filter-out $$(foreign),$(extras_$1)),$$(if $$(wildcard $(SRC)/$(dir_$1)/$$p.c),$$p))
tests_$1 := $$(patsubst $(SRC)/%.c,%,$$(wildcard $(SRC)/$(dir_$1)/test_*.c))

.PHONY: lab$1
lab$1: $$(built_$1:%=$(OUT)/$(dir_$1)/%)

$$(built_$1:%=$(OUT)/$(dir_$1)/%): $(OUT)/%: $(OUT)/%.o $(OUT)/lab$1.a
	$$(compile) $$(LDFLAGS) $$^ -lm $(libs_$1) -o $$@

$(OUT)/lab$1.a: $(OUT)/common/cli.o $$(foreach n,$$(call upto,$1),$$(objects_$$n))
	@rm -f $$@
	ar rcs $$@ $$^

.PHONY: unit$1
unit$1: $$(tests_$1:%=$(OUT)/%)
$$(tests_$1:%=$(OUT)/%): $(OUT)/%: $(OUT)/%.o $(OUT)/lab$1.a
	$$(compile) $$(LDFLAGS) $$(patsubst %,-Wl$$(comma)--wrap=%,$$(call wraps,$(SRC)/$$*.c)) $$^ -lcmocka -lm $(libs_$1) -o $$@
endef
comma := ,
wraps  = $(shell sed -n 's|^/\* wraps:\(.*\) \*/$$|\1|p' $1)
$(foreach n,$(HERE),$(eval $(call lab_rules,$n)))

$(OUT)/%.o: $(SRC)/%.c
	@mkdir -p $(@D)
	$(compile) -MMD -MP -c $< -o $@

-include $(wildcard $(OUT)/*/*.d)

# ---- The tools of the grader ----

tool_flags := -O1 -Wall # quickly built: nobody waits for what they do
tools := build/grader/probe build/grader/bytes build/grader/faults build/grader/judge
class_tools := build/grader/intake build/grader/gradebook
c_files = $(wildcard grader/$1/*.[ch])

.PHONY: tools
tools: $(tools) build/grader/runs-address build/grader/runs-thread
build/grader/probe: $(filter-out %/bytes.c,$(call c_files,probe))
build/grader/bytes: grader/probe/bytes.c
build/grader/faults: $(call c_files,faults)
build/grader/judge: $(call c_files,judge)
build/grader/judge: libraries := -ljansson -lm
# All files of a tool in one go, which takes a third of the time: the headers of the system are read once.
$(tools) $(class_tools):
	@mkdir -p $(@D)
	printf '#include "%s"\n' $(filter %.c,$^) | $(CC) $(CONTRACT) $(tool_flags) -I. -x c - -x none $(filter %.o,$^) $(libraries) -o $@
# Whether programs with this sanitizer run here; where none can be built, the grader says that they do not.
build/grader/runs-%:
	@mkdir -p $(@D)
	@echo 'int main(void) { return 0; }' | $(CC) -x c -fsanitize=$* -o $@ - 2>/dev/null || echo >$@

# What grading a class takes besides, with libraries that students need not have.
.PHONY: class-tools
class-tools: $(class_tools)
build/grader/intake: $(call c_files,intake) $(wildcard grader/gradebook/csv.[ch])
build/grader/intake: libraries := -larchive -ljansson -lyaml -lcrypto
build/grader/gradebook: $(call c_files,gradebook) build/grader/page.o
build/grader/gradebook: libraries := -lsqlite3 -ljansson
# The style and the script of the page, as they are, within the program.
build/grader/page.o: grader/gradebook/page.css grader/gradebook/page.js
	@mkdir -p $(@D)
	cd grader/gradebook && ld -r -b binary -z noexecstack page.css page.js -o $(CURDIR)/$@

# ---- What is derived from the sources in labs/ ----

sources := $(wildcard labs/common/*.[ch] labs/0*/*.[ch])

# The modules as a student of the next lab gets them: solved, and without a trace of the exercise.
given := $(foreach f,$(sources),$(if $(filter-out $(programs) test_%,$(basename $(notdir $f))),$f))
given := $(given:labs/%=build/given/%)
.PHONY: given
given: $(given)
$(given): build/given/%: labs/%
	@mkdir -p $(@D)
	@unifdef -DSOLUTION -o $@ $< || [ $$? -eq 1 ]

# The same of the labs before lab LAB, compiled as grader/grade compiles, which then need not: plainly, and with the sanitizers
# that KINDS names.
flags_plain   := -O2 -g1
flags_address := -O1 -g1 -fno-omit-frame-pointer -fno-sanitize-recover=all -fsanitize=address,undefined
# What is no fault on any machine: nothing at NULL.
flags_address += -fno-sanitize=nonnull-attribute,pointer-overflow
flags_thread  := -O1 -g1 -fno-omit-frame-pointer -fsanitize=thread
before   = $(filter-out $(LAB) $(UNFINISHED),$(call upto,$(LAB)))
earlier := common $(if $(KINDS),$(foreach n,$(before),$(dir_$n)))
objects := $(patsubst %.c,%.o,$(filter $(earlier:%=build/given/%/%.c),$(given)))
.PHONY: objects
define object_rules
objects: $(objects:build/given/%=build/objects/$1/%)
$(objects:build/given/%=build/objects/$1/%): build/objects/$1/%.o: build/given/%.c | $(given)
	@mkdir -p $$(@D)
	@$(CC) $(CONTRACT) $(flags_$1) -w $(addprefix -I,$(sort $(dir $(given)))) -MMD -MP -c $$< -o $$@
-include $(objects:build/given/%.o=build/objects/$1/%.d)
endef
$(foreach kind,$(KINDS),$(eval $(call object_rules,$(kind))))

# ---- Grading ----

.PHONY: $(HERE:%=grade-lab%)
$(HERE:%=grade-lab%): grade-lab%:
	@mkdir -p $(OUT)/$(dir_$*) && ln -sfn $(CURDIR)/grader/lib/site $(OUT)/$(dir_$*)/site # for the commands in a report
	@BASE=$(BASE) grader/grade $(if $(TEST),--only $(TEST),--json $(OUT)/lab$*.json) $* $(SRC)

.PHONY: $(HERE:%=capture-lab%)
$(HERE:%=capture-lab%): capture-lab%:
	$(if $(TEST),,$(error which requirement? make $@ TEST=R$*.1))
	@mkdir -p build/capture
	@BASE=$(BASE) grader/grade --only $(TEST) --capture build/capture/$(TEST).pcap $* $(SRC)

# ---- The loop of a student ----

.PHONY: doctor
doctor: ## say which tools are here, and how to install those that are not
	@loop/doctor

.PHONY: progress
progress: ## points of all labs as last graded, and what is next
	@loop/progress $(OUT) $(HERE)

verbs := watch hint reset debug submit try
.PHONY: $(foreach verb,$(verbs),$(HERE:%=$(verb)-lab%))
define verb_rule
$(HERE:%=$1-lab%): $1-lab%:
	@SRC=$(SRC) OUT=$(OUT) TEST=$(TEST) FILE=$(FILE) WITH=$(WITH) loop/$1 $$*
endef
$(foreach verb,$(verbs),$(eval $(call verb_rule,$(verb))))

experiments := chunk backlog servers close
.PHONY: $(experiments:%=experiment-%)
$(experiments:%=experiment-%): experiment-%: tools
	@SRC=$(SRC) OUT=$(OUT) experiments/$*

.PHONY: compile_commands.json
compile_commands.json: ## tell an editor how each source is compiled
	@loop/compile-commands '$(compile)' $(wildcard $(SRC)/*/*.c) >$@

# Any other lab number is a mistake worth one line.
lab% grade-lab% capture-lab% $(verbs:%=%-lab%):
	$(error there is no lab $*; the labs are $(HERE))

# ---- Care for the kit itself: from here to `clean` not in a handout ----

# What a student starts from: the same files with the solutions cut out.
.PHONY: skeletons
skeletons: ## derive skeletons/ from labs/; SKELETONS=DIR writes them elsewhere
	@rm -rf $(SKELETONS)
	@for f in $(sources); do \
		mkdir -p $(SKELETONS)/$$(basename $$(dirname $$f)) && \
		unifdef -USOLUTION -o $(SKELETONS)/$${f#labs/} $$f || [ $$? -eq 1 ] || exit 1; \
	done
SKELETONS := skeletons

# The finished programs, without sources and names, for students to try.
STAGE := build/stage/$(shell uname -m)
.PHONY: stage
stage: ## build the reference programs that a handout ships
	@$(MAKE) -s --no-print-directory SRC=labs OUT=build/stage-objects CFLAGS='-O2 -w' LDFLAGS=-s
	@for lab in $(foreach n,$(LABS),$(dir_$n)); do \
		mkdir -p $(STAGE)/$$lab && find build/stage-objects/$$lab -type f -perm -100 -exec cp {} $(STAGE)/$$lab \; ; done

.PHONY: handout
handout: stage given ## make handout LAB=3, or LABS=1-5: build/handout/*.tar.gz and *.zip
	@handout/pack $(or $(LAB),$(ASKED))

.PHONY: grade-all
grade-all: ## grade a class: SUBMISSIONS=PATH LABS=1,3 JOBS=N OUT=DIR
	@grader/grade-class $(if $(ASKED),--labs $(ASKED)) $(if $(JOBS),--jobs $(JOBS)) \
		$(if $(filter command line,$(origin OUT)),--out "$(OUT)") "$(SUBMISSIONS)"

.PHONY: demo
demo: ## grade the sample class, and say which page to open
	@rm -rf build/sample-class
	@grader/class/make build/sample-class
	@grader/grade-class --labs 5 --out build/demo build/sample-class || [ $$? -eq 3 ]

.PHONY: bench
bench: tools all ## measure the servers beside others (12 min); ONLY=1k,c50,select_server,nginx for some of it
	@OUT=$(OUT) ONLY=$(ONLY) bench/run

.PHONY: bench-kit
bench-kit: tools class-tools given ## measure building, grading, and how grading a class grows
	@bench/kit

.PHONY: performance
performance: ## derive docs/performance.md from what bench and bench-kit have measured
	@bench/report

.PHONY: bench-class
bench-class: ## measure how fast a class is graded: COPIES=10 of the sample class
	@grader/class/bench $(COPIES)

# ---- Grading where others call: the kit without its tests, packed as each service wants it ----

served := Makefile setup labs skeletons $(addprefix grader/,grade grading find-programs.bash lib probe faults judge suites hidden bonus serve)
which_lab = $(if $(filter $(LAB),$(LABS)),,$(error which lab? make $@ LAB=3; the labs are $(LABS)))

.PHONY: gradescope
gradescope: ## the autograder zip for Gradescope: LAB=3
	$(which_lab)
	@rm -rf build/gradescope-lab$(LAB) build/gradescope-lab$(LAB).zip
	@mkdir -p build/gradescope-lab$(LAB)/kit
	@tar -cf - $(served) | tar -xf - -C build/gradescope-lab$(LAB)/kit
	@cp grader/serve/setup.sh grader/serve/run_autograder build/gradescope-lab$(LAB)
	@echo $(LAB) >build/gradescope-lab$(LAB)/lab
	@cd build/gradescope-lab$(LAB) && zip -qr ../gradescope-lab$(LAB).zip .
	@echo build/gradescope-lab$(LAB).zip

.PHONY: autolab
autolab: ## the package for Autolab, autograde-Makefile and autograde.tar: LAB=3
	$(which_lab)
	@mkdir -p build/autolab-lab$(LAB)
	@echo $(LAB) >build/autolab-lab$(LAB)/lab
	@cp grader/serve/autograde-Makefile build/autolab-lab$(LAB)
	@tar -cf build/autolab-lab$(LAB)/autograde.tar $(served) -C build/autolab-lab$(LAB) lab
	@echo build/autolab-lab$(LAB)

.PHONY: classroom
classroom: ## the workflow file for GitHub Classroom: LAB=3 KIT=OWNER/REPOSITORY of this kit
	$(which_lab)
	$(if $(KIT),,$(error where is the kit? make $@ LAB=$(LAB) KIT=OWNER/REPOSITORY))
	@mkdir -p build
	@grader/serve/classroom $(LAB) $(LAB) $(KIT) >build/classroom.new && mv build/classroom.new build/classroom-lab$(LAB).yml
	@echo build/classroom-lab$(LAB).yml

.PHONY: figures
figures: ## draw the sequence diagrams of the handouts from their .msc files
	@for f in labs/0*/*.msc; do mscgen -T svg -i $$f -o - | \
		sed '0,/^<polygon/s|^<polygon|<rect width="100%" height="100%" fill="white"/>\n&|' >$${f%.msc}.svg || exit 1; done

.PHONY: requirements
requirements: ## bring the requirements in the handouts up to date with the suites
	@handout/requirements

.PHONY: mistakes
mistakes: ## derive instructor/mistakes.md from the mutants
	@instructor/mistakes-of >instructor/mistakes.md

.PHONY: site
site: ## the handouts and the instructor's notes as one web site in build/site
	@handout/site

.PHONY: test
test: ## run every test of the kit
	@grader/tests/run

.PHONY: mutants
mutants: ## see that every mutant is caught by its requirement; MATRIX=yes: and by what else
	@grader/mutants/run $(if $(MATRIX),--matrix)

.PHONY: flakes
flakes: ## how often a right submission loses a point, over N=1000 runs
	@grader/tests/flakes $(N)

.PHONY: lint
lint: ## check style: compilers, clang-format, cppcheck, shellcheck, banned functions
	@grader/tests/lint

.PHONY: clean
clean: ## remove everything that was made
	rm -rf build

.PHONY: help
help: ## this list
	@echo 'make                       build the programs of all labs'
	@echo 'make labN                  build the programs of lab N'
	@echo 'make unitN                 build the unit tests of lab N'
	@echo 'make grade-labN            grade lab N; TEST=R3.4 grades one requirement, and shows all that it does'
	@echo 'make capture-labN          with TEST=R3.4: its packets, in build/capture/R3.4.pcap'
	@echo 'make watch-labN            grade at every save, the first failure first; TEST=R3.4 watches that one'
	@echo 'make hint-labN             TEST=R3.4: a question, then where to look, then a sketch'
	@echo 'make debug-labN            TEST=R3.4: the calls of the program in that test; WITH=gdb: under the debugger'
	@echo 'make reset-labN            FILE=net.c: back to the skeleton; the old file is kept'
	@echo 'make submit-labN           an archive of what is graded, checked by grading it'
	@echo 'make try-labN              start the finished program, and say what to type'
	@echo 'make experiment-X          measure and draw; X is $(experiments)'
	@sed -n 's/^\([a-z_.-]*\):.* ## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "make %-21s %s\n", $$1, $$2 }'
	@echo
	@echo 'SRC=PATH   whose work is built or graded: labs (default), skeletons, or any submission'
	@echo 'BASE=own   with grade-labN: the modules of earlier labs are the submission'"'"'s own'
