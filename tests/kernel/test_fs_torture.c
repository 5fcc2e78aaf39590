// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_fs_torture.c - threads that disagree about a few files
 *
 * Each does at random: create, write, read, cut, unlink, rename, make and
 * remove directories, map a file and touch the mapping. A word of a file is 0
 * or says its own offset, whoever wrote it and whatever the file was called
 * then; so every word that is seen can be judged.
 */
#include <kernel/random.h>
#include <kernel/thread.h>
#include <kernel/user_ops.h>
#include <mm/fault.h>
#include <arch/uaccess.h>

#include "fs_fixture.h"
#include "space_fixture.h"

#define NR_THREADS 4
#define NR_STEPS   1500
#define NR_NAMES   5
#define NR_WORDS   (6 * PAGE_SIZE / 8) /* of a file */
#define PART	   700		       /* words, at most, of one write */

static u64 stamp(u64 word)
{
	return 0x5afe000000000000UL | word;
}

struct torturer {
	struct rng rng;
	u32 nr_bad;
	struct mm_struct *mm;
	vaddr_t mapping; /* 0: none */
	u64 words[PART];
	char path[32], other[32];
};

static struct torturer torturers[NR_THREADS];

static void pick_name(struct torturer *t, char name[32])
{
	u32 n = rng_below(&t->rng, NR_NAMES);

	snprintf(name, 32, rng_below(&t->rng, 3) ? "/tmp/t%u" : "/tmp/td/t%u",
		 n);
}

static bool is_good(u64 value, u64 word)
{
	return !value || value == stamp(word);
}

static void write_some(struct torturer *t, struct file *file)
{
	u64 at = rng_below(&t->rng, NR_WORDS - PART);
	u64 nr = rng_below(&t->rng, PART) + 1;

	for (u64 i = 0; i < nr; i++)
		t->words[i] = stamp(at + i);
	fs_write_at(file, t->words, nr * 8, at * 8);
}

static void read_some(struct torturer *t, struct file *file)
{
	u64 at = rng_below(&t->rng, NR_WORDS);
	s64 nr = kernel_read(file, t->words, sizeof(t->words), at * 8);

	for (s64 i = 0; i < nr / 8; i++)
		t->nr_bad += !is_good(t->words[i], at + (u64)i);
}

static void map_it(struct torturer *t, struct file *file)
{
	s64 a;

	if (t->mapping)
		do_munmap(t->mm, t->mapping, NR_WORDS * 8);
	a = do_mmap(t->mm, file, 0, NR_WORDS * 8, PROT_READ | PROT_WRITE,
		    MAP_SHARED, 0);
	t->mapping = a > 0 ? (vaddr_t)a : 0;
}

/* Behind the file's end this fails: SIGBUS. */
static void touch_mapping(struct torturer *t)
{
	u64 word = rng_below(&t->rng, NR_WORDS), value;

	if (!t->mapping)
		return;
	if (rng_below(&t->rng, 2))
		(void)!put_user_u64(stamp(word), t->mapping + word * 8);
	else if (!get_user_u64(&value, t->mapping + word * 8))
		t->nr_bad += !is_good(value, word);
}

static void use_file(struct torturer *t)
{
	struct file *file = fs_open(t->path, O_RDWR | O_CREAT);

	if (!file)
		return; /* its directory isn't there */
	switch (rng_below(&t->rng, 4)) {
	case 0:
		write_some(t, file);
		break;
	case 1:
		read_some(t, file);
		break;
	case 2:
		vfs_truncate(file, rng_below(&t->rng, NR_WORDS) * 8);
		break;
	default:
		map_it(t, file);
	}
	fput(file);
}

static void step(struct torturer *t)
{
	pick_name(t, t->path);
	switch (rng_below(&t->rng, 10)) {
	case 0:
		vfs_unlink(NULL, t->path, false);
		break;
	case 1:
		pick_name(t, t->other);
		vfs_rename(NULL, t->path, t->other);
		break;
	case 2:
		vfs_mkdir(NULL, "/tmp/td", 0755);
		break;
	case 3:
		vfs_unlink(NULL, "/tmp/td", true);
		break;
	case 4 ... 6:
		touch_mapping(t);
		break;
	default:
		use_file(t);
	}
}

static int torture(void *arg)
{
	struct torturer *t = arg;

	t->mm = mm_alloc();
	if (!t->mm)
		return -ENOMEM;
	use_mm(t->mm);
	for (u32 i = 0; i < NR_STEPS * test_scale(); i++)
		step(t);
	use_mm(NULL);
	mmput(t->mm);
	return 0;
}

static bool page_fault(struct pt_regs *regs __unused, vaddr_t addr, u32 flags)
{
	struct fault_error error;

	return !do_user_fault(current->mm, addr, flags, &error);
}

static const struct user_ops ops = { .page_fault = page_fault };

static void remove_all(void)
{
	char path[32];

	for (u32 i = 0; i < NR_NAMES; i++) {
		snprintf(path, sizeof(path), "/tmp/t%u", i);
		vfs_unlink(NULL, path, false);
		snprintf(path, sizeof(path), "/tmp/td/t%u", i);
		vfs_unlink(NULL, path, false);
	}
	vfs_unlink(NULL, "/tmp/td", true);
}

TEST(fs_torture, every_word_is_where_it_was_written)
{
	struct thread *threads[NR_THREADS];
	FS_BEGIN();

	bare_user_ops = &ops;
	for (u32 i = 0; i < NR_THREADS; i++) {
		torturers[i] = (struct torturer){ .rng = { 77 + i } };
		threads[i] = kthread_run(torture, &torturers[i], "torturer");
		EXPECT_TRUE(threads[i] != NULL);
	}
	for (u32 i = 0; i < NR_THREADS; i++) {
		EXPECT_EQ(threads[i] ? kthread_join(threads[i]) : 0, 0);
		EXPECT_EQ(torturers[i].nr_bad, 0);
	}
	bare_user_ops = NULL;
	rcu_barrier(); /* the threads' records and stacks */
	EXPECT_EQ(fs_check(), 0);
	remove_all();
	EXPECT_EQ(page_table_check_all(), 0);
	EXPECT_EQ(lru_check(kernel_mm()), 0);
	FS_END();
}
