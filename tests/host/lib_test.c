/* SPDX-License-Identifier: MIT */
/*
 * Tests of lib/ and include/lib/ on the host. The functions are built under
 * other names from the very files that the kernel uses, and compared with the
 * host's own where it has them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define memcpy lib_memcpy
#define memmove lib_memmove
#define memset lib_memset
#define memcmp lib_memcmp
#define memchr lib_memchr
#define strlen lib_strlen
#define strnlen lib_strnlen
#define strcmp lib_strcmp
#define strncmp lib_strncmp
#define strchr lib_strchr
#define strrchr lib_strrchr
#define vsnprintf lib_vsnprintf
#define snprintf lib_snprintf
int lib_vsnprintf(char *buf, size_t size, const char *fmt, va_list args);
int lib_snprintf(char *buf, size_t size, const char *fmt, ...);
#include "../../lib/string.c"
#include "../../lib/printf.c"
#include "../../lib/sort.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr
#undef strrchr
#undef vsnprintf
#undef snprintf

#include <atomic.h>
#include <bitops.h>
#include <hash.h>
#include <list.h>

#define AREA 128

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

static void fill(u8 *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = (u8)rand();
}

/* Every length, source and destination offset that a quadword copy can meet. */
static void test_memcpy(void **state)
{
	u8 src[AREA], ours[AREA], theirs[AREA];
	size_t len, from, to;

	for (len = 0; len <= 40; len++)
		for (from = 0; from < 9; from++)
			for (to = 0; to < 9; to++) {
				fill(src, AREA);
				fill(ours, AREA);
				memcpy(theirs, ours, AREA);
				assert_ptr_equal(lib_memcpy(ours + to, src + from, len),
						 ours + to);
				memcpy(theirs + to, src + from, len);
				assert_memory_equal(ours, theirs, AREA);
			}
}

static void test_memmove_overlap(void **state)
{
	u8 ours[AREA], theirs[AREA];
	size_t len, from, to;

	for (len = 0; len <= 48; len++)
		for (from = 0; from < 48; from++)
			for (to = 0; to < 48; to++) {
				fill(ours, AREA);
				memcpy(theirs, ours, AREA);
				lib_memmove(ours + to, ours + from, len);
				memmove(theirs + to, theirs + from, len);
				assert_memory_equal(ours, theirs, AREA);
			}
}

static void test_memset(void **state)
{
	u8 ours[AREA], theirs[AREA];
	size_t len, to;

	for (len = 0; len <= 40; len++)
		for (to = 0; to < 9; to++) {
			fill(ours, AREA);
			memcpy(theirs, ours, AREA);
			lib_memset(ours + to, 0x1a5, len);
			memset(theirs + to, 0x1a5, len);
			assert_memory_equal(ours, theirs, AREA);
		}
}

static void test_memcmp(void **state)
{
	u8 a[64], b[64];
	size_t len, at;

	fill(a, sizeof(a));
	memcpy(b, a, sizeof(a));
	for (len = 0; len <= 40; len++) {
		assert_int_equal(lib_memcmp(a, b, len), 0);
		for (at = 0; at < len; at++) {
			b[at] ^= 0x80;
			assert_int_equal(sign(lib_memcmp(a, b, len)),
					 sign(memcmp(a, b, len)));
			b[at] ^= 0x80;
		}
	}
	assert_ptr_equal(lib_memchr(a, a[9], 64), memchr(a, a[9], 64));
	assert_null(lib_memchr("abc", 'd', 3));
}

static void test_strings(void **state)
{
	static const char *const words[] = { "", "a", "ab", "abc", "b", "\xff", "abd" };
	const char *s = "/usr/bin/x";
	size_t i, j, n;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		assert_int_equal(lib_strlen(words[i]), strlen(words[i]));
		for (j = 0; j < ARRAY_SIZE(words); j++) {
			assert_int_equal(sign(lib_strcmp(words[i], words[j])),
					 sign(strcmp(words[i], words[j])));
			for (n = 0; n < 5; n++)
				assert_int_equal(sign(lib_strncmp(words[i], words[j], n)),
						 sign(strncmp(words[i], words[j], n)));
		}
	}
	assert_int_equal(lib_strnlen("abc", 2), 2);
	assert_int_equal(lib_strnlen("abc", 9), 3);
	assert_ptr_equal(lib_strchr(s, '/'), s);
	assert_ptr_equal(lib_strrchr(s, '/'), s + 8);
	assert_ptr_equal(lib_strchr(s, '\0'), s + 10);
	assert_ptr_equal(lib_strrchr(s, '\0'), s + 10);
	assert_null(lib_strchr(s, 'q'));
	assert_null(lib_strrchr(s, 'q'));
}

static void test_strlcpy(void **state)
{
	char buf[6];

	assert_int_equal(strlcpy(buf, "abc", sizeof(buf)), 3);
	assert_string_equal(buf, "abc");
	assert_int_equal(strlcpy(buf, "abcdefgh", sizeof(buf)), 8);
	assert_string_equal(buf, "abcde");
	buf[0] = 'x';
	assert_int_equal(strlcpy(buf, "abc", 0), 3);
	assert_int_equal(buf[0], 'x');
}

static void test_numbers(void **state)
{
	const char *end;

	assert_int_equal(string_to_u64("123abc", &end), 123);
	assert_string_equal(end, "abc");
	assert_int_equal(string_to_u64("0x1Fg", &end), 0x1f);
	assert_string_equal(end, "g");
	assert_int_equal(string_to_u64("0755", &end), 0755);
	assert_int_equal(string_to_u64("0x", &end), 0);
	assert_string_equal(end, "x");
	assert_int_equal(string_to_u64("0", NULL), 0);
	assert_true(string_to_u64("18446744073709551615", NULL) == UINT64_MAX);
	string_to_u64("none", &end);
	assert_string_equal(end, "none");
}

/* Both ways, at every size of buffer. */
static void __printf(1, 2) same_text(const char *fmt, ...)
{
	char ours[128], theirs[128];
	va_list args, again;
	size_t size;
	int len;

	va_start(args, fmt);
	for (size = 0; size < 100; size++) {
		memset(ours, '~', sizeof(ours));
		memset(theirs, '~', sizeof(theirs));
		va_copy(again, args);
		len = vsnprintf(theirs, size, fmt, again);
		va_end(again);
		va_copy(again, args);
		assert_int_equal(lib_vsnprintf(ours, size, fmt, again), len);
		va_end(again);
		assert_memory_equal(ours, theirs, sizeof(ours));
	}
	va_end(args);
}

static void test_printf_integers(void **state)
{
	same_text("%d|%5d|%-5d|%05d|%+d|% d", 42, 42, 42, 42, 42, 42);
	same_text("%d|%5d|%-5d|%05d|%+d|% d", -42, -42, -42, -42, -42, -42);
	same_text("%d %d %u", INT32_MIN, INT32_MAX, UINT32_MAX);
	same_text("%ld %lld %lu", INT64_MIN, (long long)INT64_MAX, UINT64_MAX);
	same_text("%x|%X|%#x|%08x|%#010x|%-8x|", 0xbeef, 0xbeef, 0xbeef, 0xbeef,
		  0xbeef, 0xbeef);
	same_text("%lx %llx %zu %zd %jd %td", 0xdeadbeefcafeul, 0x1234567890ull,
		  (size_t)7, (ssize_t)-7, (intmax_t)-1, (ptrdiff_t)-2);
	same_text("%hhd %hhu %hd %hu %hhx", (signed char)-1, (unsigned char)200,
		  (short)-3, (unsigned short)60000, (unsigned char)0xab);
	same_text("%.3d|%8.3d|%-8.3d|%.0d|%.d|", 7, 7, 7, 0, 0);
	same_text("%o %5o %#x", 0755, 8, 0);
	same_text("%*d|%-*d|%.*d", 6, 1, 6, 2, 4, 3);
	same_text("%*d", -6, 1);
}

static void test_printf_texts(void **state)
{
	same_text("%s|%10s|%-10s|%.2s|%10.2s|", "word", "word", "word", "word", "word");
	same_text("%c|%3c|%-3c|%%|100%%", 'a', 'b', 'c');
	same_text("%.*s", 3, "not terminated here");
	same_text("%p %20p|%-20p|", (void *)0x1234abcd, (void *)1, (void *)2);
	same_text("nothing");
}

static void test_printf_oddities(void **state)
{
	const char *unknown = "%q 5% end %", *none = NULL;
	char buf[32];

	lib_snprintf(buf, sizeof(buf), unknown);
	assert_string_equal(buf, "%q 5% end %");
	lib_snprintf(buf, sizeof(buf), "%s", none);
	assert_string_equal(buf, "(null)");
	assert_int_equal(scnprintf(buf, 4, "abcdef"), 3);
	assert_int_equal(scnprintf(buf, 0, "abcdef"), 0);
	assert_int_equal(scnprintf(buf, 8, "abc"), 3);
}

struct item {
	int value;
	struct list_head node;
};

static void check_list(struct list_head *head, const char *expected)
{
	char text[32] = "";
	struct item *item;

	list_for_each_entry(item, head, node)
		sprintf(text + strlen(text), "%d", item->value);
	assert_string_equal(text, expected);
}

static void test_list(void **state)
{
	struct item item[5], *pos, *tmp;
	LIST_HEAD(head);
	LIST_HEAD(other);
	int i;

	assert_true(list_empty(&head));
	for (i = 0; i < 5; i++) {
		item[i].value = i;
		if (i % 2)
			list_add(&item[i].node, &head);
		else
			list_add_tail(&item[i].node, &head);
	}
	check_list(&head, "31024");
	list_for_each_entry_safe(pos, tmp, &head, node)
		if (pos->value % 2)
			list_move_tail(&pos->node, &other);
	check_list(&head, "024");
	check_list(&other, "31");
	list_splice_tail(&other, &head);
	check_list(&head, "02431");
	assert_true(list_empty(&other));
	list_splice_tail(&other, &head);
	assert_int_equal(list_first_entry(&head, struct item, node)->value, 0);
	assert_int_equal(list_last_entry(&head, struct item, node)->value, 1);
	list_del(&item[4].node);
	list_del(&item[4].node);
	check_list(&head, "0231");
}

static void test_bits(void **state)
{
	u64 map[BITMAP_WORDS(130)] = { 0 };
	size_t i;

	assert_int_equal(bit_ffs(0), 0);
	assert_int_equal(bit_ffs(0x50), 5);
	assert_int_equal(bit_fls(0), 0);
	assert_int_equal(bit_fls(UINT64_MAX), 64);
	assert_int_equal(bit_order(0), 0);
	assert_int_equal(bit_order(4096), 12);
	assert_int_equal(bit_order(4097), 13);
	assert_int_equal(bit_count(0xf0f0), 8);
	assert_true(bitmap_find_set(map, 130, 0) == BITMAP_NONE);
	for (i = 0; i < 130; i++) {
		assert_int_equal(bitmap_find_clear(map, 130, 0), i);
		bitmap_set(map, i);
	}
	assert_true(bitmap_find_clear(map, 130, 0) == BITMAP_NONE);
	bitmap_clear(map, 64);
	bitmap_clear(map, 129);
	assert_int_equal(bitmap_find_clear(map, 130, 10), 64);
	assert_int_equal(bitmap_find_clear(map, 130, 65), 129);
	assert_false(bitmap_test(map, 129));
	assert_true(bitmap_test(map, 128));
	assert_int_equal(bitmap_find_set(map, 130, 64), 65);
}

static void test_hashes(void **state)
{
	assert_true(hash_fnv1a("", 0) == 0xcbf29ce484222325ull);
	assert_true(hash_fnv1a("foobar", 6) == 0x85944171f73967e8ull);
	assert_true(hash_fnv1a_more(hash_fnv1a("foo", 3), "bar", 3) ==
		    hash_fnv1a("foobar", 6));
	assert_int_equal(hash_gnu(""), 5381);
	assert_true(hash_gnu("printf") == 0x156b2bb8);
	assert_true(hash_u64(12345, 6) < 64);
}

static void test_atomics(void **state)
{
	u32 word = 5;

	assert_int_equal(atomic_cmpxchg(&word, 5, 7), 5);
	assert_int_equal(atomic_cmpxchg(&word, 5, 9), 7);
	assert_int_equal(atomic_load(&word), 7);
	assert_int_equal(atomic_add(&word, 3), 10);
	assert_int_equal(atomic_sub(&word, 1), 9);
	assert_int_equal(atomic_xchg(&word, 1), 9);
	assert_int_equal(atomic_or(&word, 6), 1);
	assert_int_equal(atomic_and(&word, 3), 7);
	assert_int_equal(word, 3);
}

struct triple {
	u8 key, a, b;
};

static int compare_triples(const void *a, const void *b)
{
	return ((const struct triple *)a)->key - ((const struct triple *)b)->key;
}

static int compare_ints(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

static void test_sort(void **state)
{
	struct triple triple[50];
	int ours[200], theirs[200];
	size_t n, i;

	for (n = 0; n < 200; n++) {
		for (i = 0; i < n; i++)
			ours[i] = theirs[i] = rand() % 50 - 25;
		sort(ours, n, sizeof(ours[0]), compare_ints);
		qsort(theirs, n, sizeof(theirs[0]), compare_ints);
		assert_memory_equal(ours, theirs, n * sizeof(ours[0]));
	}
	for (i = 0; i < 50; i++)
		triple[i] = (struct triple){ (u8)rand(), (u8)i, (u8)(i + 1) };
	sort(triple, 50, sizeof(triple[0]), compare_triples);
	for (i = 0; i < 50; i++) {
		assert_true(i == 0 || triple[i - 1].key <= triple[i].key);
		assert_int_equal(triple[i].b, triple[i].a + 1);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memcpy),
		cmocka_unit_test(test_memmove_overlap),
		cmocka_unit_test(test_memset),
		cmocka_unit_test(test_memcmp),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_strlcpy),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_printf_integers),
		cmocka_unit_test(test_printf_texts),
		cmocka_unit_test(test_printf_oddities),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_hashes),
		cmocka_unit_test(test_atomics),
		cmocka_unit_test(test_sort),
	};

	srand(1);
	return cmocka_run_group_tests_name("lib", tests, NULL, NULL);
}
