# SPDX-License-Identifier: MIT
# Tangram. `make help` lists the targets.

# UBSAN=1: a kernel that checks itself for undefined behaviour, in build/ubsan.
UBSAN  ?= 0
BUILD  ?= build$(if $(filter 1,$(UBSAN)),/ubsan)
DEBUG  ?= 1
PYTHON ?= /usr/bin/python3

# As many jobs as there are CPUs, unless -j says otherwise.
ifeq ($(filter -j% --jobserver%,$(MAKEFLAGS)),)
  MAKEFLAGS += -j$(shell nproc)
endif

# run, test, doctor, help; installs what the goals need
include tools/targets.mk

# --- compiler: CROSS_COMPILE=, x86_64-elf-gcc, x86_64-linux-gnu-gcc, native ---
ifeq ($(origin CC),default)
  ifneq ($(CROSS_COMPILE),)
    CC := $(CROSS_COMPILE)gcc
  else
    CC := $(firstword $(foreach c,x86_64-elf-gcc x86_64-linux-gnu-gcc,\
            $(if $(shell command -v $(c)),$(c))) gcc)
  endif
endif
HOSTCC    ?= gcc
FUZZCC    ?= clang
BINPREFIX := $(if $(CROSS_COMPILE),$(CROSS_COMPILE),$(if $(filter x86_64-elf-gcc,$(CC)),x86_64-elf-))
NM        := $(BINPREFIX)nm
OBJCOPY   := $(BINPREFIX)objcopy
OBJDUMP   := $(BINPREFIX)objdump
NASM      ?= nasm

# V=1 shows the commands.
Q := $(if $(V),,@)
show = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(patsubst $(BUILD)/%,%,$@)')

WARN := -Wall -Wextra -Wshadow -Wvla -Wmissing-prototypes -Wstrict-prototypes -Werror
# GCC warns of snprintf calls that may cut; ours cut on purpose. Clang has no such flag.
IS_CLANG := $(findstring clang,$(CC))
KWARN := $(if $(IS_CLANG),,-Wno-format-truncation)
COMMON := -std=gnu11 -g -Iinclude -DCONFIG_DEBUG=$(DEBUG) -fno-omit-frame-pointer $(WARN)

KCFLAGS := $(COMMON) $(KWARN) -O2 -Iarch/x86_64/include -ffreestanding -fno-pic -fno-pie \
	-m64 -march=x86-64 -mcmodel=kernel -mno-red-zone -mgeneral-regs-only \
	-fstack-protector-strong -mstack-protector-guard=global \
	-fno-asynchronous-unwind-tables -fno-strict-aliasing \
	-fno-delete-null-pointer-checks -fno-optimize-sibling-calls \
	-mno-omit-leaf-frame-pointer -MMD -MP
KLDFLAGS := -nostdlib -static $(if $(IS_CLANG),,-no-pie) -Wl,--build-id=none \
	-Wl,-z,max-page-size=0x1000 -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments

UBSAN_SRC := kernel/base/ubsan.c tests/kernel/test_ubsan.c
ifeq ($(UBSAN),1)
  KCFLAGS += -fsanitize=undefined $(if $(IS_CLANG),-fno-sanitize=function)
endif

# --- host flags ---
# A CPU's copy of a per-CPU variable lies outside of the object it is named by.
SAN     := -fsanitize=address,undefined -fno-sanitize=object-size -fno-sanitize-recover=all
HCFLAGS := $(COMMON) -Wno-format-truncation -O1 -Iarch/host/include -fno-strict-aliasing -D_GNU_SOURCE \
	-fno-builtin-printf -mno-red-zone -MMD -MP

# --- what is built ---
PORTABLE := $(wildcard kernel/base/*.c mm/*.c kernel/*.c kernel/procfs/*.c kernel/fs/*.c boot/*.c tests/kernel/*.c)
HOST_SKIP := kernel/base/string.c kernel/base/ksyms.c kernel/main.c kernel/stack.c $(UBSAN_SRC)
HOST_SRC := $(filter-out $(HOST_SKIP),$(PORTABLE)) $(wildcard arch/host/*.c tests/hostonly/*.c)

# EXPECT_EQ(count, 3) compares unsigned with int.
TESTFLAGS := -Wno-sign-compare $(if $(IS_CLANG),,-fno-toplevel-reorder)
$(BUILD)/host/tests/kernel/%.o $(BUILD)/host/tests/hostonly/%.o: HCFLAGS += -Wno-sign-compare -fno-toplevel-reorder
HOST_OBJ := $(HOST_SRC:%.c=$(BUILD)/host/%.o)


.PHONY: all kernel iso host clean
all: kernel

# --- kernel ---
KERNEL     := $(BUILD)/tangram.elf
KERNEL_SRC := $(filter-out $(if $(filter 1,$(UBSAN)),,$(UBSAN_SRC)),$(PORTABLE)) \
	$(wildcard arch/x86_64/*.c tests/kernel/x86_64/*.c)
KERNEL_ASM := $(wildcard boot/*.asm arch/x86_64/*.asm tests/kernel/x86_64/*.asm)
KERNEL_OBJ := $(KERNEL_SRC:%.c=$(BUILD)/kernel/%.o) $(KERNEL_ASM:%.asm=$(BUILD)/kernel/%.asm.o)

# What the flags were: a changed one rebuilds everything.
FLAGS_FILE := $(BUILD)/flags
FLAGS_TEXT := $(CC) $(KCFLAGS) $(HOSTCC) $(HCFLAGS) $(SAN)
$(shell mkdir -p $(BUILD); [ "$$(cat $(FLAGS_FILE) 2>/dev/null)" = "$(FLAGS_TEXT)" ] || echo "$(FLAGS_TEXT)" >$(FLAGS_FILE))

kernel: $(KERNEL)
iso: $(BUILD)/tangram.iso

$(BUILD)/kernel/%.o: %.c $(FLAGS_FILE)
	@mkdir -p $(@D)
	$(call show,CC)
	$(Q)$(CC) $(KCFLAGS) -c $< -o $@

$(BUILD)/kernel/tests/%.o: KCFLAGS += $(TESTFLAGS)
$(BUILD)/kernel/tests/kernel/x86_64/%.o: KCFLAGS += -Iarch/x86_64

# NASM 2.16's -MD leaves out what a file includes.
$(BUILD)/kernel/%.asm.o: %.asm $(wildcard boot/*.inc arch/x86_64/*.inc) $(FLAGS_FILE)
	@mkdir -p $(@D)
	$(call show,NASM)
	$(Q)$(NASM) -f elf64 $(NASMDEBUG) -MD $(@:.o=.d) -MT $@ $< -o $@

# gdb 13 complains at each stop of a NASM file with code in two sections.
NASMDEBUG := -g -F dwarf
$(BUILD)/kernel/boot/entry.asm.o: NASMDEBUG :=

# Two passes: the first gives the addresses of the functions, which the symbol
# table of the second does not move, as it stands behind them.
$(BUILD)/pass1.elf: $(KERNEL_OBJ) linker.ld
	$(call show,LD)
	$(Q)$(CC) $(KLDFLAGS) -T linker.ld $(KERNEL_OBJ) -o $@

$(BUILD)/ksyms.asm: $(BUILD)/pass1.elf tools/ksyms
	$(call show,KSYMS)
	$(Q)$(NM) -n $< >$(BUILD)/pass1.sym
	$(Q)$(PYTHON) tools/ksyms $(BUILD)/pass1.sym >$@

$(BUILD)/ksyms.o: $(BUILD)/ksyms.asm
	$(Q)$(NASM) -f elf64 $< -o $@

$(KERNEL): $(BUILD)/ksyms.o $(KERNEL_OBJ) linker.ld
	$(call show,LD)
	$(Q)$(CC) $(KLDFLAGS) -T linker.ld $(KERNEL_OBJ) $(BUILD)/ksyms.o -o $@
	$(Q)$(NM) -n $@ >$(BUILD)/kernel.sym

# For the curious; not part of the build, disassembly takes seconds.
$(BUILD)/kernel.asm: $(KERNEL)
	$(OBJDUMP) -d -M intel $< >$@

# --- host ---
$(BUILD)/host/%.o: %.c $(FLAGS_FILE)
	@mkdir -p $(@D)
	$(call show,HOSTCC)
	$(Q)$(HOSTCC) $(HCFLAGS) $(SAN) -c $< -o $@

HOST_TOOLS := $(patsubst tests/host/%.c,%,$(wildcard tests/host/*.c))
HOST_BIN := $(HOST_TOOLS:%=$(BUILD)/host/%)

# Tools other than selftest leave the self-tests' cases linked in, unused.
$(HOST_BIN): $(BUILD)/host/%: $(BUILD)/host/tests/host/%.o $(HOST_OBJ)
	$(call show,HOSTLD)
	$(Q)$(HOSTCC) $(SAN) -o $@ $^

host: $(HOST_BIN)

include tools/fuzz.mk
include tools/lint.mk
include tools/docs.mk
include tools/programs.mk
include tools/bench.mk
include tools/exhaustive.mk
include tools/tsan.mk
include tools/schedules.mk
include tools/soak.mk

clean: ## remove build/
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
