# Every target is a command of run.py, which does the work; `make` alone lists them.
PYTHON ?= python3
COMMANDS := help book build test lab lint outputs results bench assignments instructor samples grade clean

GRADING := EXERCISES SUBMISSIONS SHEET OUT ROSTER WORKERS SECONDS BACKEND ADDRESS

# Only what was said on make's own command line is passed on: some systems have a NAME of their own in the environment.
said = $(if $(filter command line,$(origin $(1))),$(1)="$($(1))")

.DEFAULT_GOAL := help
.PHONY: $(COMMANDS)
$(COMMANDS):
	@"$(PYTHON)" run.py $@ $(call said,NAME) $(call said,PORT) $(foreach name,$(GRADING),$(call said,$(name))) $(ARGS)
