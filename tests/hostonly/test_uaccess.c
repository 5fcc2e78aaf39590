// SPDX-License-Identifier: MIT
/*
 * The host's copies through a made-up MMU: two pages at BASE, the second one
 * read-only, a hole behind.
 */
#include <kernel/errno.h>
#include <kernel/string.h>
#include <kernel/test.h>
#include <kernel/thread.h>
#include <kernel/user_ops.h>
#include <arch/host.h>
#include <arch/uaccess.h>
#include <arch/user.h>

#define BASE 0x400000UL
#define END  (BASE + 2 * PAGE_SIZE)

static u8 memory[3 * PAGE_SIZE];
static bool third_is_there;

static void *translate(u64 addr, bool write)
{
	u64 end = third_is_there ? END + PAGE_SIZE : END;

	if (addr < BASE || addr >= end)
		return NULL;
	if (write && addr >= BASE + PAGE_SIZE && addr < END)
		return NULL;
	return memory + (addr - BASE);
}

static bool fault_in(struct pt_regs *regs __unused, vaddr_t addr,
		     u32 flags __unused)
{
	bool appears = addr >= END && addr < END + PAGE_SIZE;

	third_is_there |= appears;
	return appears;
}

static const struct user_ops ops = { .page_fault = fault_in };
static void *(*saved)(u64 addr, bool write);

static void setup(const struct user_ops *with)
{
	saved = host_user_translate;
	host_user_translate = translate;
	bare_user_ops = with;
	third_is_there = false;
	memset(memory, 0x11, sizeof(memory));
}

static void teardown(void)
{
	host_user_translate = saved;
	bare_user_ops = NULL;
}

TEST(host_uaccess, copies_end_where_nothing_is)
{
	u8 buf[PAGE_SIZE];
	u32 word;

	setup(NULL);
	EXPECT_EQ(copy_from_user(buf, BASE + 100, sizeof(buf)), 0);
	EXPECT_EQ(buf[PAGE_SIZE - 1], 0x11);
	EXPECT_EQ(copy_from_user(buf, END - 10, 30), 20);
	EXPECT_EQ(copy_to_user(BASE + PAGE_SIZE - 4, buf, 10), 6);
	EXPECT_EQ(clear_user(BASE + PAGE_SIZE - 4, 10), 6);
	EXPECT_EQ(memory[PAGE_SIZE - 1], 0);
	EXPECT_EQ(memory[PAGE_SIZE], 0x11);
	EXPECT_EQ(get_user_u32(&word, BASE), 0);
	EXPECT_EQ(word, 0x11111111);
	EXPECT_EQ(put_user_u32(5, BASE + PAGE_SIZE), -EFAULT);
	EXPECT_EQ(copy_to_user((u64)memory, buf, 8), 8);
	teardown();
}

TEST(host_uaccess, a_page_that_appears_is_used)
{
	u64 quad = 7;

	setup(&ops);
	EXPECT_EQ(copy_to_user_nofault(END, &quad, 8), 8);
	EXPECT_EQ(copy_to_user(END, &quad, 8), 0);
	EXPECT_EQ(copy_to_user_nofault(END, &quad, 8), 0);
	EXPECT_EQ(memory[2 * PAGE_SIZE], 7);
	teardown();
}

TEST(host_uaccess, strings_and_futex_words)
{
	char text[8];
	u32 found;

	setup(NULL);
	memcpy(memory + 2 * PAGE_SIZE - 6, "tiger", 6);
	EXPECT_EQ(strncpy_from_user(text, END - 6, 8), 5);
	EXPECT_STREQ(text, "tiger");
	EXPECT_EQ(strncpy_from_user(text, END - 6, 3), 3);
	memory[2 * PAGE_SIZE - 1] = '!';
	EXPECT_EQ(strncpy_from_user(text, END - 6, 8), -EFAULT);
	EXPECT_EQ(put_user_u32(3, BASE), 0);
	EXPECT_EQ(cmpxchg_user_u32(BASE, 3, 4, &found), 0);
	EXPECT_EQ(cmpxchg_user_u32(BASE, 3, 5, &found), 0);
	EXPECT_EQ(found, 4);
	EXPECT_EQ(cmpxchg_user_u32(BASE + 2, 3, 5, &found), -EINVAL);
	EXPECT_EQ(cmpxchg_user_u32(BASE + PAGE_SIZE, 3, 5, &found), -EFAULT);
	teardown();
}

TEST(host_uaccess, a_child_s_registers_are_its_parent_s)
{
	struct thread other = {};

	user_regs_init(current_user_regs(), 0x1000, 0x2000);
	syscall_set_return(current_user_regs(), 5);
	EXPECT_EQ(user_set_fs_base(current, TASK_SIZE), -EPERM);
	EXPECT_EQ(user_set_fs_base(current, 0x3000), 0);
	user_regs_fork(&other);
	EXPECT_EQ(instruction_pointer(thread_user_regs(&other)), 0x1000);
	EXPECT_EQ(user_stack_pointer(thread_user_regs(&other)), 0x2000);
	EXPECT_EQ(syscall_get_return(thread_user_regs(&other)), 0);
	EXPECT_EQ(user_fs_base(&other), 0x3000);
}
