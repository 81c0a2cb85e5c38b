# The verbs of the kit; `make help` lists them. Everything made goes to build/.
#
#   SRC=PATH   whose work is built or graded: labs by default, skeletons, or the folder of any submission
#   BASE=own   with grade-labN: links the submission's modules of the labs before N, not the reference's

.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules $(if $(filter 0,$(MAKELEVEL)),-j$(shell getconf _NPROCESSORS_ONLN))
ifneq ($(filter clean,$(MAKECMDGOALS)),)
.NOTPARALLEL: # `make clean all` is in that order
endif
.SUFFIXES:
unexport MAKEFLAGS MAKELEVEL # what the recipes call makes as it likes

LABS := 1 2 3 4 5 6
dir_1 := 01-echo
dir_2 := 02-single
dir_3 := 03-threaded
dir_4 := 04-select
dir_5 := 05-dynamic
dir_6 := 06-proxy
programs_1 := tcp_server tcp_client udp_server udp_client
programs_2 := single_server http_client web_client
programs_3 := threaded_server threaded_client
programs_4 := select_server
programs_5 := dynamic_server
programs_6 := proxy

SRC  := labs
OUT  := build/$(notdir $(SRC:/=))
BASE := ref

CC       := gcc
CFLAGS   := -O2 -g -Wall -Wextra -Wpedantic
CPPFLAGS := $(if $(filter labs,$(SRC)),-DSOLUTION)
LDFLAGS  :=
# What every program is built with, by contract.
CONTRACT := -std=c11 -D_XOPEN_SOURCE=700 -pthread

programs := $(foreach n,$(LABS),$(programs_$n))
includes := -I$(SRC)/common $(foreach n,$(LABS),-I$(SRC)/$(dir_$n))
compile   = $(CC) $(CONTRACT) $(CPPFLAGS) $(CFLAGS) $(includes)

.PHONY: all
all: $(LABS:%=lab%)

# ---- Building: the programs of lab N are linked with the modules of the labs up to N ----

# The first labs up to lab N.
upto = $(wordlist 1,$1,$(LABS))

define lab_rules
tests_$1 := $$(patsubst $(SRC)/%.c,%,$$(wildcard $(SRC)/$(dir_$1)/test_*.c))
# A module is every source in the folder of a lab that is no program and no test.
objects_$1 := $$(patsubst $(SRC)/%.c,$(OUT)/%.o,$$(filter-out $(SRC)/$(dir_$1)/test_% \
	$$(programs:%=$(SRC)/$(dir_$1)/%.c),$$(wildcard $(SRC)/$(dir_$1)/*.c)))

.PHONY: lab$1
lab$1: $(programs_$1:%=$(OUT)/$(dir_$1)/%)

$(programs_$1:%=$(OUT)/$(dir_$1)/%): $(OUT)/%: $(OUT)/%.o $(OUT)/lab$1.a
	$$(compile) $$(LDFLAGS) $$^ -lm -o $$@

$(OUT)/lab$1.a: $(OUT)/common/cli.o $$(foreach n,$$(call upto,$1),$$(objects_$$n))
	@rm -f $$@
	ar rcs $$@ $$^

.PHONY: unit$1
unit$1: $$(tests_$1:%=$(OUT)/%)
$$(tests_$1:%=$(OUT)/%): $(OUT)/%: $(OUT)/%.o $(OUT)/lab$1.a
	$$(compile) $$(LDFLAGS) $$(patsubst %,-Wl$$(comma)--wrap=%,$$(call wraps,$(SRC)/$$*.c)) $$^ -lcmocka -lm -o $$@
endef
comma := ,
wraps  = $(shell sed -n 's|^/\* wraps:\(.*\) \*/$$|\1|p' $1)
$(foreach n,$(LABS),$(eval $(call lab_rules,$n)))

$(OUT)/%.o: $(SRC)/%.c
	@mkdir -p $(@D)
	$(compile) -MMD -MP -c $< -o $@

-include $(wildcard $(OUT)/*/*.d)

# ---- The tools of the grader ----

tools := build/grader/probe build/grader/bytes build/grader/faults
tool_objects = $(patsubst grader/%.c,build/grader/objects/%.o,$1)

.PHONY: tools
tools: $(tools) build/grader/runs-address build/grader/runs-thread
build/grader/probe: $(call tool_objects,$(filter-out %/bytes.c,$(wildcard grader/probe/*.c)))
build/grader/bytes: $(call tool_objects,grader/probe/bytes.c)
build/grader/faults: $(call tool_objects,$(wildcard grader/faults/*.c))
$(tools):
	$(CC) $(CONTRACT) $(CFLAGS) $^ -o $@
# Whether programs with this sanitizer run here; where none can be built, the grader says that they do not.
build/grader/runs-%:
	@mkdir -p $(@D)
	@echo 'int main(void) { return 0; }' | $(CC) -x c -fsanitize=$* -o $@ - 2>/dev/null || echo >$@
build/grader/objects/%.o: grader/%.c
	@mkdir -p $(@D)
	$(CC) $(CONTRACT) $(CFLAGS) -MMD -MP -c $< -o $@
-include $(wildcard build/grader/objects/*/*.d)

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

# The same, compiled as grader/grade compiles, which then need not.
objects := $(patsubst %.c,build/objects/%.o,$(filter %.c,$(given:build/given/%=%)))
.PHONY: objects
objects: $(objects)
$(objects): build/objects/%.o: build/given/%.c | $(given)
	@mkdir -p $(@D)
	@$(CC) $(CONTRACT) -O2 -g -w $(addprefix -I,$(sort $(dir $(given)))) -MMD -MP -c $< -o $@
-include $(objects:.o=.d)

# What a student starts from: the same files with the solutions cut out.
.PHONY: skeletons
skeletons: ## derive skeletons/ from labs/; SKELETONS=DIR writes them elsewhere
	@rm -rf $(SKELETONS)
	@for f in $(sources); do \
		mkdir -p $(SKELETONS)/$$(basename $$(dirname $$f)) && \
		unifdef -USOLUTION -o $(SKELETONS)/$${f#labs/} $$f || [ $$? -eq 1 ] || exit 1; \
	done
SKELETONS := skeletons

# ---- Grading ----

.PHONY: $(LABS:%=grade-lab%)
$(LABS:%=grade-lab%): grade-lab%:
	@BASE=$(BASE) grader/grade $(if $(TEST),--only $(TEST)) $* $(SRC)

# Any other lab number is a mistake worth one line.
lab% grade-lab%:
	$(error there is no lab $*; the labs are $(LABS))

# ---- Care for the kit itself ----

.PHONY: test
test: ## run every test of the kit
	@grader/tests/run

.PHONY: mutants
mutants: ## grade every mutant, and print which requirement catches which
	@grader/mutants/run

.PHONY: lint
lint: ## check style: compilers, clang-format, cppcheck, shellcheck, banned functions
	@grader/tests/lint

.PHONY: clean
clean: ## remove everything that was made
	rm -rf build

.PHONY: help
help: ## this list
	@echo 'make                  build the programs of all labs'
	@echo 'make labN             build the programs of lab N'
	@echo 'make unitN            build the unit tests of lab N'
	@echo 'make grade-labN       grade lab N; TEST=R3.4 grades one requirement'
	@sed -n 's/^\([a-z]*\):.* ## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "make %-16s %s\n", $$1, $$2 }'
	@echo
	@echo 'SRC=PATH   whose work is built or graded: labs (default), skeletons, or any submission'
	@echo 'BASE=own   with grade-labN: the modules of earlier labs are the submission'"'"'s own'
