// SPDX-License-Identifier: MIT
/*
 * tests/programs/system.c - time, CPUs, limits, and what the system is
 */
#include "program.h"
#include <sched.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>

static u64 nanoseconds(clockid_t clock)
{
	struct timespec t = { -1, -1 };

	EXPECT_OK(syscall(SYS_clock_gettime, clock, &t));
	EXPECT(t.tv_nsec >= 0 && t.tv_nsec < 1000000000);
	return t.tv_sec * 1000000000ul + t.tv_nsec;
}

static void clocks_go_forward(void)
{
	u64 last = nanoseconds(CLOCK_MONOTONIC), start = last;

	for (int i = 0; i < 1000; i++) {
		u64 time = nanoseconds(CLOCK_MONOTONIC);

		EXPECT(time >= last);
		last = time;
	}
	EXPECT(last > start);
	EXPECT(nanoseconds(CLOCK_REALTIME) > 1000000000ul * 1000);
	EXPECT_ERRNO(syscall(SYS_clock_gettime, 12345, &last), EINVAL);
	EXPECT_ERRNO(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, 8), EFAULT);
}

static void sleeping_takes_that_long(void)
{
	struct timespec t = { 0, 30000000 };
	u64 start = nanoseconds(CLOCK_MONOTONIC);

	EXPECT_OK(nanosleep(&t, NULL));
	EXPECT(nanoseconds(CLOCK_MONOTONIC) - start >= 30000000);
	t.tv_nsec = 1000000000;
	EXPECT_ERRNO(syscall(SYS_nanosleep, &t, NULL), EINVAL);
	t.tv_nsec = -1;
	EXPECT_ERRNO(syscall(SYS_nanosleep, &t, NULL), EINVAL);
	EXPECT_ERRNO(syscall(SYS_nanosleep, 8, NULL), EFAULT);
}

static void affinity_is_obeyed(void)
{
	cpu_set_t all, one, found;
	u32 cpu_now;

	REQUIRE(!sched_getaffinity(0, sizeof(all), &all));
	EXPECT(CPU_COUNT(&all) >= 1);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		EXPECT_OK(sched_setaffinity(0, sizeof(one), &one));
		EXPECT_OK(syscall(SYS_getcpu, &cpu_now, NULL, NULL));
		EXPECT_EQ(cpu_now, cpu);
		EXPECT_OK(sched_getaffinity(0, sizeof(found), &found));
		EXPECT(CPU_EQUAL(&found, &one));
	}
	EXPECT_OK(sched_setaffinity(0, sizeof(all), &all));
	CPU_ZERO(&one);
	EXPECT_ERRNO(sched_setaffinity(0, sizeof(one), &one), EINVAL);
	EXPECT_ERRNO(sched_setaffinity(999999, sizeof(all), &all), ESRCH);
	EXPECT_ERRNO(syscall(SYS_sched_getaffinity, 0, 8, 8), EFAULT);
	EXPECT_ERRNO(syscall(SYS_sched_getaffinity, 0, 1, &one), EINVAL);
	EXPECT_OK(sched_yield());
}

static void the_system_has_a_name(void)
{
	struct utsname name;

	EXPECT_OK(uname(&name));
	EXPECT_EQ(strcmp(name.machine, "x86_64"), 0);
	EXPECT(name.sysname[0] && name.release[0]);
	EXPECT_ERRNO(uname((void *)8), EFAULT);
}

static void memory_is_told(void)
{
	struct sysinfo info = {};

	EXPECT_OK(sysinfo(&info));
	EXPECT(info.mem_unit >= 1);
	EXPECT(info.totalram * info.mem_unit >= 32 * MIB);
	EXPECT(info.freeram <= info.totalram);
	EXPECT(info.procs >= 1);
	EXPECT_ERRNO(sysinfo((void *)8), EFAULT);
}

static void random_bytes_come(void)
{
	u8 a[32] = {}, b[32] = {};

	EXPECT_EQ(getrandom(a, sizeof(a), 0), sizeof(a));
	EXPECT_EQ(getrandom(b, sizeof(b), GRND_NONBLOCK), sizeof(b));
	EXPECT(memcmp(a, b, sizeof(a)) != 0);
	EXPECT_ERRNO(getrandom(a, 1, 0x80), EINVAL);
	EXPECT_ERRNO(getrandom((void *)8, 1, 0), EFAULT);
}

static void limits_are_set_and_told(void)
{
	struct rlimit old, new, found;

	EXPECT_OK(getrlimit(RLIMIT_STACK, &old));
	EXPECT(old.rlim_cur <= old.rlim_max);
	new = old;
	new.rlim_cur = 4 * MIB;
	EXPECT_OK(setrlimit(RLIMIT_STACK, &new));
	EXPECT_OK(getrlimit(RLIMIT_STACK, &found));
	EXPECT_EQ(found.rlim_cur, 4 * MIB);
	EXPECT_OK(setrlimit(RLIMIT_STACK, &old));
	new.rlim_max = 1 * MIB;
	EXPECT_ERRNO(setrlimit(RLIMIT_STACK, &new), EINVAL);
	EXPECT_ERRNO(getrlimit(99, &found), EINVAL);
	EXPECT_ERRNO(syscall(SYS_prlimit64, 0, RLIMIT_STACK, NULL, 8), EFAULT);
}

/* RLIMIT_AS bounds what is mapped, not what is touched. */
static void address_space_has_a_limit(void)
{
	struct rlimit old, new;

	EXPECT_OK(getrlimit(RLIMIT_AS, &old));
	new = old;
	new.rlim_cur = 64 * MIB;
	EXPECT_OK(setrlimit(RLIMIT_AS, &new));
	EXPECT_ERRNO(mmap(NULL, 65 * MIB, PROT_READ,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		     ENOMEM);
	EXPECT_OK(setrlimit(RLIMIT_AS, &old));
}

static void faults_are_counted(void)
{
	struct rusage before, after;
	char *p = map_pages(100);

	madvise(p, 100 * PAGE, MADV_NOHUGEPAGE);
	EXPECT_OK(getrusage(RUSAGE_SELF, &before));
	for (size_t i = 0; i < 100; i++)
		p[i * PAGE] = 1;
	EXPECT_OK(getrusage(RUSAGE_SELF, &after));
	EXPECT(after.ru_minflt - before.ru_minflt >= 100);
	EXPECT(after.ru_minflt - before.ru_minflt < 120);
	EXPECT_EQ(after.ru_majflt, before.ru_majflt);
	EXPECT_ERRNO(getrusage(99, &after), EINVAL);
	EXPECT_ERRNO(syscall(SYS_getrusage, RUSAGE_SELF, 8), EFAULT);
	unmap_pages(p, 100);
}

static void unknown_calls_are_enosys(void)
{
	EXPECT_ERRNO(syscall(999), ENOSYS);
	EXPECT_ERRNO(syscall(100000), ENOSYS);
	EXPECT_ERRNO(syscall(-1L), ENOSYS);
}

PROGRAM(CASE(clocks_go_forward), CASE(sleeping_takes_that_long),
	CASE(affinity_is_obeyed), CASE(the_system_has_a_name),
	CASE(memory_is_told), CASE(random_bytes_come),
	CASE(limits_are_set_and_told), CASE(address_space_has_a_limit),
	CASE(faults_are_counted), CASE(unknown_calls_are_enosys))
