# SPDX-License-Identifier: MIT
# tools/targets.mk - the targets that run things: run, test, doctor, help
#
# How things are compiled stands in the Makefile, which includes this file near
# its top: missing packages are installed before it looks for a compiler.

.DEFAULT_GOAL := all

# --- packages: only those that the goals need ---
deps_of_all       := elf
deps_of_kernel    := elf
deps_of_docs      := elf host docs
deps_of_test-full := test fuzz
deps_of_bench-host := bench
deps_of_bench-frag := bench
deps_of_tsan      := host
deps_of_peer-test := programs run
deps_of_schedules := run
deps_of_soak      := test
deps_goals := $(or $(MAKECMDGOALS),all)
deps_wanted := $(sort $(foreach goal,$(deps_goals),$(or $(deps_of_$(goal)),\
	$(filter iso run test host programs fuzz lint debug docs bench,$(goal)))))
ifneq ($(deps_wanted),)
  deps_state := $(shell tools/deps $(deps_wanted) >&2 && echo ok)
  ifneq ($(deps_state),ok)
    $(error these packages are needed for: make $(deps_goals))
  endif
endif

# --- the machine of `make run`; tests choose their own ---
MEM      ?= 1G
CPUS     ?= 2
NODES    ?= 2
FIRMWARE ?= bios
ACCEL    ?= tcg
ICOUNT   ?=
APPEND   ?=
ADD      ?=
# WATCH=1: the map, live, beside what runs.
WATCH    ?= 0

# What it shows before the shell comes: DEMO= nothing, and nothing when APPEND
# says what to do or ADD brings something of one's own.
DEMO     ?= run="checkerboard fill=90 strategy=linux,guided"
demo      = $(if $(ADD)$(filter run=% workload=% selftest% poweroff,$(APPEND)),,$(DEMO))

VM_FLAGS = --mem $(MEM) --cpus $(CPUS) --nodes $(NODES) \
	--firmware $(FIRMWARE) --accel $(ACCEL) $(if $(ICOUNT),--icount=$(ICOUNT)) \
	$(if $(APPEND),--append '$(subst ','\'',$(APPEND))') \
	$(if $(demo),--append '$(subst ','\'',$(demo))') \
	$(if $(filter 1,$(WATCH)),--append watch=map) \
	--initramfs $(foreach file,$(ADD),--add $(file)) $(if $(TIMEOUT),--timeout $(TIMEOUT))

.PHONY: run test test-full doctor help

run: $(BUILD)/tangram.elf $(BUILD)/tangram.iso $(BUILD)/initramfs.cpio ## boot in QEMU, defragment memory, then the shell (MEM= CPUS= NODES= FIRMWARE=bios|uefi|pvh ACCEL= ICOUNT= APPEND="..." ADD=FILE DEMO= WATCH=1)
	@tools/vm $(VM_FLAGS) || [ $$? = 3 ]	# 3: the user left

$(BUILD)/tangram.iso: $(BUILD)/tangram.elf $(BUILD)/initramfs.cpio boot/grub.cfg tools/mkiso tools/lib/iso.py
	$(if $(V),,@printf '  %-7s %s\n' ISO '$(@F)')
	$(if $(V),,@)tools/mkiso $< $@ $(BUILD)/initramfs.cpio

# Before the tests, whose patience is for running: a build on a busy host is long.
build_ubsan = $(if $(ONLY),,@$(MAKE) --no-print-directory UBSAN=1 BUILD=$(BUILD)/ubsan kernel)

test: $(BUILD)/tangram.elf $(BUILD)/tangram.iso host ## everything a change must pass (ONLY='host boot*': some jobs)
	$(build_ubsan)
	@tests/run $(foreach glob,$(ONLY),'$(glob)')

test-full: $(BUILD)/tangram.elf $(BUILD)/tangram.iso host ## longer runs and a minute of fuzzing, within the hour
	$(build_ubsan)
	@tests/run --full $(foreach glob,$(ONLY),'$(glob)')
	@$(MAKE) --no-print-directory fuzz

doctor: ## which tools are missing, and their packages
	@BUILD=$(BUILD) tools/deps --doctor

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' \
		$(MAKEFILE_LIST) | sort -u
