# SPDX-License-Identifier: MIT
# tools/tsan.mk - the self-tests on several simulated CPUs under TSan
#
# The host sources once more, with the sanitizer for data races. It sees locks
# and atomics of C, pthreads and semaphores; the host port's assembly touches
# no memory that is shared.

TSAN_CFLAGS := $(HCFLAGS) -O2 -fsanitize=thread -Wno-tsan
TSAN_OBJ    := $(HOST_SRC:%.c=$(BUILD)/tsan/obj/%.o)

$(BUILD)/tsan/obj/tests/kernel/%.o $(BUILD)/tsan/obj/tests/hostonly/%.o: TSAN_CFLAGS += -Wno-sign-compare -fno-toplevel-reorder

$(BUILD)/tsan/obj/%.o: %.c $(FLAGS_FILE)
	@mkdir -p $(@D)
	$(call show,TSANCC)
	$(Q)$(HOSTCC) $(TSAN_CFLAGS) -c $< -o $@

$(BUILD)/tsan/selftest: $(BUILD)/tsan/obj/tests/host/selftest.o $(TSAN_OBJ)
	$(call show,HOSTLD)
	$(Q)$(HOSTCC) -fsanitize=thread -o $@ $^

# Built with the other host programs: `make test` runs it, too.
host: $(BUILD)/tsan/selftest

.PHONY: tsan
tsan: $(BUILD)/tsan/selftest ## self-tests and tortures on 4 simulated CPUs under TSan
	@tools/ktap tests/host/test_tsan.py
