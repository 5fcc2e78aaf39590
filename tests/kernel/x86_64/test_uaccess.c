// SPDX-License-Identifier: MIT
/*
 * Copies of the kernel to and from user pages: what is mapped, what ends in
 * the middle, what appears on the way, what isn't the user's.
 *
 *	... | USER_RODATA | USER_DATA, two pages | hole | USER_LATE | ...
 */
#include <kernel/errno.h>
#include <kernel/string.h>
#include <arch/cpu.h>
#include <arch/extable.h>
#include <arch/paging.h>
#include <arch/uaccess.h>

#include "internal.h"
#include "user_fixture.h"

#define END		USER_DATA_END
#define KERNEL_ADDRESS	0xffffffff80200000UL
#define LAST_DATA_PAGE	user_page(END - PAGE_SIZE)

TEST(uaccess, ranges_must_end_in_user_space)
{
	EXPECT_TRUE(access_ok(0, 0));
	EXPECT_TRUE(access_ok(0, TASK_SIZE));
	EXPECT_TRUE(access_ok(TASK_SIZE, 0));
	EXPECT_FALSE(access_ok(TASK_SIZE, 1));
	EXPECT_FALSE(access_ok(1, TASK_SIZE));
	EXPECT_FALSE(access_ok(~0UL, 2));
	EXPECT_FALSE(access_ok(2, ~0UL));
	EXPECT_FALSE(access_ok(KERNEL_ADDRESS, 8));
}

/* Every length and alignment up to and across the end of what is mapped. */
TEST(uaccess, a_copy_says_what_is_missing_to_the_byte)
{
	u8 buf[64], want;
	u32 wrong = 0;

	ASSERT_TRUE(user_map());
	for (u64 before = 0; before <= 24; before++)
		for (u64 size = 0; size <= 40; size++) {
			u64 missing = size > before ? size - before : 0;

			memset(LAST_DATA_PAGE, 0x11, PAGE_SIZE);
			memset(buf, 0x22, sizeof(buf));
			wrong += copy_to_user(END - before, buf, size) !=
				 missing;
			for (u64 i = 0; i < 48; i++) {
				want = i < before && i < size ? 0x22 : 0x11;
				if (i < before)
					wrong += LAST_DATA_PAGE[PAGE_SIZE -
								before + i] !=
						 want;
			}
			memset(LAST_DATA_PAGE, 0x33, PAGE_SIZE);
			wrong += copy_from_user(buf, END - before, size) !=
				 missing;
			for (u64 i = 0; i < sizeof(buf); i++)
				wrong += buf[i] !=
					 (i < size - missing ? 0x33 : 0x22);
			wrong += clear_user(END - before, size) != missing;
		}
	EXPECT_EQ(wrong, 0);
	user_unmap();
}

TEST(uaccess, copies_cross_pages_and_clear_them)
{
	static u8 out[2 * PAGE_SIZE], in[2 * PAGE_SIZE];

	ASSERT_TRUE(user_map());
	for (u64 i = 0; i < sizeof(out); i++)
		out[i] = (u8)(i * 7);
	EXPECT_EQ(copy_to_user(USER_DATA, out, sizeof(out)), 0);
	EXPECT_EQ(copy_from_user(in, USER_DATA, sizeof(in)), 0);
	EXPECT_EQ(memcmp(in, out, sizeof(in)), 0);
	EXPECT_EQ(clear_user(USER_DATA + 3, PAGE_SIZE), 0);
	EXPECT_EQ(copy_from_user(in, USER_DATA, sizeof(in)), 0);
	EXPECT_EQ(in[2], out[2]);
	EXPECT_EQ(in[3], 0);
	EXPECT_EQ(in[PAGE_SIZE + 2], 0);
	EXPECT_EQ(in[PAGE_SIZE + 3], out[PAGE_SIZE + 3]);
	user_unmap();
}

TEST(uaccess, a_page_that_appears_is_copied_to)
{
	u8 buf[32] = { 1, 2, 3 };

	ASSERT_TRUE(user_map());
	EXPECT_EQ(copy_to_user(USER_LATE + 5, buf, sizeof(buf)), 0);
	EXPECT_EQ(memcmp(user_page(USER_LATE) + 5, buf, sizeof(buf)), 0);
	user_unmap();
}

TEST(uaccess, without_faults_only_what_is_mapped)
{
	u8 buf[32] = { 0 };
	u32 word;

	ASSERT_TRUE(user_map());
	EXPECT_EQ(copy_to_user_nofault(USER_LATE, buf, 32), 32);
	EXPECT_EQ(copy_from_user_nofault(buf, USER_LATE, 32), 32);
	EXPECT_EQ(get_user_u32_nofault(&word, USER_LATE), -EFAULT);
	EXPECT_EQ(copy_to_user_nofault(END - 5, buf, 32), 27);
	EXPECT_EQ(copy_from_user_nofault(buf, END - 5, 32), 27);
	EXPECT_EQ(get_user_u32_nofault(&word, USER_DATA), 0);
	user_unmap();
}

TEST(uaccess, what_may_not_be_written_is_not)
{
	u32 found;

	ASSERT_TRUE(user_map());
	EXPECT_EQ(copy_to_user(USER_RODATA, &found, 4), 4);
	EXPECT_EQ(copy_to_user(USER_CODE, &found, 4), 4);
	EXPECT_EQ(put_user_u32(1, USER_RODATA), -EFAULT);
	EXPECT_EQ(cmpxchg_user_u32(USER_RODATA, 0, 1, &found), -EFAULT);
	EXPECT_EQ(get_user_u32(&found, USER_RODATA), 0);
	EXPECT_EQ(found, 0);
	user_unmap();
}

/* Addresses of the kernel: refused, whatever stands there. */
TEST(uaccess, the_kernel_s_memory_is_refused)
{
	static u64 secret = 0x5ec2e7;
	u64 at = (u64)&secret, value = 0;
	u32 word;
	char text[8];

	EXPECT_EQ(copy_from_user(&value, at, 8), 8);
	EXPECT_EQ(copy_from_user_nofault(&value, at, 8), 8);
	EXPECT_EQ(copy_to_user(at, &value, 8), 8);
	EXPECT_EQ(clear_user(at, 8), 8);
	EXPECT_EQ(strncpy_from_user(text, at, 8), -EFAULT);
	EXPECT_EQ(get_user_u64(&value, at), -EFAULT);
	EXPECT_EQ(put_user_u64(0, at), -EFAULT);
	EXPECT_EQ(put_user_u32(0, at), -EFAULT);
	EXPECT_EQ(put_user_u8(0, at), -EFAULT);
	EXPECT_EQ(cmpxchg_user_u32(at, 0x5ec2e7, 0, &word), -EFAULT);
	EXPECT_EQ(get_user_u32(&word, TASK_SIZE - 3), -EFAULT);
	EXPECT_EQ(copy_from_user(&value, 0x1234567800000000UL, 8), 8);
	EXPECT_EQ(value, 0);
	EXPECT_EQ(secret, 0x5ec2e7);
}

TEST(uaccess, words)
{
	u8 byte = 0;
	u32 word = 0;
	u64 quad = 0;

	ASSERT_TRUE(user_map());
	EXPECT_EQ(put_user_u64(0x1122334455667788, USER_DATA + 1), 0);
	EXPECT_EQ(get_user_u64(&quad, USER_DATA + 1), 0);
	EXPECT_EQ(quad, 0x1122334455667788);
	EXPECT_EQ(get_user_u32(&word, USER_DATA + 1), 0);
	EXPECT_EQ(word, 0x55667788);
	EXPECT_EQ(get_user_u8(&byte, USER_DATA + 8), 0);
	EXPECT_EQ(byte, 0x11);
	EXPECT_EQ(put_user_u32(7, USER_DATA), 0);
	EXPECT_EQ(put_user_u8(9, USER_DATA + 1), 0);
	EXPECT_EQ(get_user_u32(&word, USER_DATA), 0);
	EXPECT_EQ(word, 0x907);
	EXPECT_EQ(put_user_u64(0, END - 7), -EFAULT);
	EXPECT_EQ(get_user_u64(&quad, USER_HOLE), -EFAULT);
	EXPECT_EQ(put_user_u64(5, USER_LATE + 8), 0);
	EXPECT_EQ(*(u64 *)(user_page(USER_LATE) + 8), 5);
	user_unmap();
}

TEST(uaccess, a_futex_word_is_exchanged_if_it_is_as_expected)
{
	u32 found = 0;

	ASSERT_TRUE(user_map());
	EXPECT_EQ(put_user_u32(3, USER_DATA + 8), 0);
	EXPECT_EQ(cmpxchg_user_u32(USER_DATA + 8, 3, 4, &found), 0);
	EXPECT_EQ(found, 3);
	EXPECT_EQ(cmpxchg_user_u32(USER_DATA + 8, 3, 5, &found), 0);
	EXPECT_EQ(found, 4);
	EXPECT_EQ(cmpxchg_user_u32(USER_DATA + 9, 4, 5, &found), -EINVAL);
	EXPECT_EQ(cmpxchg_user_u32(USER_HOLE, 4, 5, &found), -EFAULT);
	EXPECT_EQ(cmpxchg_user_u32(USER_LATE, 0, 6, &found), 0);
	EXPECT_EQ(*(u32 *)user_page(USER_LATE), 6);
	user_unmap();
}

/* The string ends with the page; then it goes on into the hole. */
TEST(uaccess, strings_end_at_their_nul_or_fault)
{
	char text[16];
	u8 *end;

	ASSERT_TRUE(user_map());
	end = LAST_DATA_PAGE + PAGE_SIZE;
	memcpy(end - 6, "tiger", 6);
	EXPECT_EQ(strncpy_from_user(text, END - 6, 16), 5);
	EXPECT_STREQ(text, "tiger");
	EXPECT_EQ(strncpy_from_user(text, END - 6, 6), 5);
	EXPECT_EQ(strncpy_from_user(text, END - 6, 5), 5);
	EXPECT_EQ(strncpy_from_user(text, END - 1, 16), 0);
	EXPECT_EQ(strncpy_from_user(text, END - 6, 0), 0);
	end[-1] = '!';
	EXPECT_EQ(strncpy_from_user(text, END - 6, 16), -EFAULT);
	EXPECT_EQ(strncpy_from_user(text, END - 6, 6), 6);
	EXPECT_EQ(strncpy_from_user(text, USER_HOLE, 16), -EFAULT);
	EXPECT_EQ(strncpy_from_user(text, USER_LATE, 16), 0);
	user_unmap();
}

/* A load that isn't a copy's faults on user memory, mapped or not. */
TEST(uaccess, the_kernel_by_itself_has_no_access)
{
	u64 value = 0;

	if (!smap_enabled())
		SKIP("this CPU has no SMAP");
	ASSERT_TRUE(user_map());
	EXPECT_FALSE(arch_probe_u64((void *)USER_DATA, &value));
	EXPECT_EQ(get_user_u64(&value, USER_DATA), 0);
	EXPECT_FALSE(arch_probe_u64((void *)USER_DATA, &value));
	EXPECT_NE(copy_to_user(USER_HOLE, &value, 8), 0);
	EXPECT_FALSE(arch_probe_u64((void *)USER_DATA, &value));
	EXPECT_EQ(strncpy_from_user((char *)&value, USER_HOLE, 8), -EFAULT);
	EXPECT_EQ(get_user_u64(&value, USER_HOLE), -EFAULT);
	EXPECT_EQ(kernel_flags_now(), 0);
	user_unmap();
}
