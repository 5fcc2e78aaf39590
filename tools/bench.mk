# SPDX-License-Identifier: MIT
# tools/bench.mk - what things cost: instructions in QEMU
#
# Measured is a release build (level-0 checks only) in a tree of its own.

RELEASE := $(BUILD)/release

.PHONY: bench
bench: $(BUILD)/host/lib-trace $(BUILD)/initramfs.cpio ## guest instructions per operation, beside Linux and the goals (OP=GLOB PEER=linux)
	$(if $(V),,@)$(MAKE) --no-print-directory kernel DEBUG=0 BUILD=$(RELEASE)
	@$(PYTHON) tools/bench.py --kernel $(RELEASE)/tangram.elf $(if $(OP),--op '$(OP)')
	@echo
	@$(PYTHON) tools/bench_lines.py --program $(BUILD)/host/lib-trace --kernel $(RELEASE)/tangram.elf
	@echo
	@$(PYTHON) tools/bench_programs.py --kernel $(RELEASE)/tangram.elf $(if $(PEER),--peer $(PEER))
	@echo
	@$(PYTHON) tools/bench_frag.py --kernel $(RELEASE)/tangram.elf $(if $(PEER),--peer $(PEER))

# Every strategy, and pollution under every policy: some 20 minutes.
.PHONY: bench-frag
bench-frag: $(BUILD)/initramfs.cpio ## fragmentation: all strategies and policies, beside Linux (PEER=linux)
	$(if $(V),,@)$(MAKE) --no-print-directory kernel DEBUG=0 BUILD=$(RELEASE)
	@$(PYTHON) tools/bench_frag.py --all --kernel $(RELEASE)/tangram.elf $(if $(PEER),--peer $(PEER))

.PHONY: peer-test
peer-test: $(BUILD)/initramfs.cpio ## all programs on Debian's Linux (fetches its kernel)
	@tools/peer --list </dev/null

# --- the allocator as a library for Linux programs ---
HOSTLIB     := $(BUILD)/host/libtangram-mm.a
HOSTLIB_SRC := $(filter-out $(HOST_SKIP),$(wildcard mm/*.c kernel/base/*.c arch/host/*.c) kernel/smp.c)
HOSTLIB_OBJ := $(HOSTLIB_SRC:%.c=$(BUILD)/hostlib/%.o)
# A program that links the library keeps libc's snprintf.
HOSTLIB_CFLAGS := $(filter-out -O1 -DCONFIG_DEBUG=%,$(HCFLAGS)) -O2 -DCONFIG_DEBUG=0 \
	-Dsnprintf=tangram_snprintf -Dvsnprintf=tangram_vsnprintf
PROG_CFLAGS := -O2 -g -std=gnu11 $(WARN) -D_GNU_SOURCE -MMD -MP

$(BUILD)/hostlib/%.o: %.c $(FLAGS_FILE)
	@mkdir -p $(@D)
	$(call show,HOSTCC)
	$(Q)$(HOSTCC) $(HOSTLIB_CFLAGS) -c $< -o $@

$(HOSTLIB): $(HOSTLIB_OBJ)
	@mkdir -p $(@D)
	$(call show,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/host/lib-example: tests/host/lib/example.c $(HOSTLIB)
	$(call show,HOSTCC)
	$(Q)$(HOSTCC) $(PROG_CFLAGS) -Iinclude -Iarch/host/include -MF $@.d $(filter %.c %.a,$^) -o $@

host: $(BUILD)/host/lib-example

# --- native cost, beside a textbook buddy ---
BENCH_HOST := $(BUILD)/host/bench-tangram $(BUILD)/host/bench-refbuddy

$(BENCH_HOST): $(BUILD)/host/bench-%: tests/host/lib/bench.c tests/host/peer/refbuddy.c $(HOSTLIB)
	$(call show,HOSTCC)
	$(Q)$(HOSTCC) $(PROG_CFLAGS) -Iinclude -Iarch/host/include -Itests/host/peer/$* -MF $@.d $(filter %.c %.a,$^) -o $@

BENCH_THREADS := $(BUILD)/host/bench-threads-tangram $(BUILD)/host/bench-threads-refbuddy

$(BENCH_THREADS): $(BUILD)/host/bench-threads-%: tests/host/lib/bench_threads.c tests/host/peer/refbuddy.c $(HOSTLIB)
	$(call show,HOSTCC)
	$(Q)$(HOSTCC) $(PROG_CFLAGS) -Iinclude -Iarch/host/include -Itests/host/peer/$* -MF $@.d $(filter %.c %.a,$^) -o $@

.PHONY: bench-host
bench-host: $(BENCH_HOST) $(BENCH_THREADS) ## native ns and instructions per operation, beside a textbook buddy
	@$(PYTHON) tools/bench_host.py --programs $(BUILD)/host

# Without PIE: the trace names the addresses that nm gives.
$(BUILD)/host/lib-trace: tests/host/lib/trace.c $(HOSTLIB)
	$(call show,HOSTCC)
	$(Q)$(HOSTCC) $(PROG_CFLAGS) -no-pie -Iinclude -Iarch/host/include -MF $@.d $(filter %.c %.a,$^) -o $@
