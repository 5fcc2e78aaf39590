# SPDX-License-Identifier: MIT
# tools/schedules.mk - self-tests under seeded schedules: docs/testing.md

COUNT ?= 20
SEED  ?= 1
SUITE ?=
RUN   ?=
JOBS  ?= 1

.PHONY: schedules
schedules: $(BUILD)/tangram.elf $(if $(RUN),$(INITRAMFS)) ## COUNT=n seeded schedules of the torture suites (SEED=first SUITE=GLOB,... RUN='PROGRAM ARGS' JOBS=n)
	@tools/schedules --count $(COUNT) --first $(SEED) --jobs $(JOBS) $(if $(SUITE),--suite '$(SUITE)') \
		$(if $(RUN),--run '$(RUN)')
