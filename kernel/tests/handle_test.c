/* SPDX-License-Identifier: MIT */
/* Handles of the core's own: type, generation, release. */
#include <errno.h>
#include <ktest.h>
#include <modules.h>

#define MANY 100

static u32 released;

static void release(void *object)
{
	released++;
}

static void test_life(void)
{
	int object;
	long h = handle_new(NULL, HANDLE_WAIT, &object, release);

	EXPECT_OR_RETURN(h > 0);
	EXPECT(h < 0x80000000l);
	EXPECT(handle_object((u32)h, HANDLE_WAIT, NULL) == &object);
	EXPECT(handle_object((u32)h, HANDLE_TIMER, NULL) == NULL);
	EXPECT(handle_owner((u32)h) == NULL);
	released = 0;
	EXPECT(handle_close((u32)h, HANDLE_TIMER, NULL) < 0);
	EXPECT(released == 0);
	EXPECT(handle_close((u32)h, HANDLE_WAIT, NULL) == 0);
	EXPECT(released == 1);
	EXPECT(handle_object((u32)h, HANDLE_WAIT, NULL) == NULL);
	EXPECT(handle_close((u32)h, HANDLE_WAIT, NULL) == -EBADF);
	EXPECT(released == 1);
}

/* A number is not good for the next object that gets its place. */
static void test_generation(void)
{
	int first, second;
	long a = handle_new(NULL, HANDLE_WAIT, &first, release), b;

	EXPECT_OR_RETURN(a > 0);
	handle_close((u32)a, HANDLE_WAIT, NULL);
	b = handle_new(NULL, HANDLE_WAIT, &second, release);
	EXPECT_OR_RETURN(b > 0);
	EXPECT(a != b);
	EXPECT(handle_object((u32)a, HANDLE_WAIT, NULL) == NULL);
	EXPECT(handle_object((u32)b, HANDLE_WAIT, NULL) == &second);
	handle_close((u32)b, HANDLE_WAIT, NULL);
}

static void test_many(void)
{
	static int object[MANY];
	static long handle[MANY];
	u32 i;

	released = 0;
	for (i = 0; i < MANY; i++) {
		handle[i] = handle_new(NULL, HANDLE_TIMER, &object[i], release);
		EXPECT_OR_RETURN(handle[i] > 0);
	}
	for (i = 0; i < MANY; i++)
		EXPECT(handle_object((u32)handle[i], HANDLE_TIMER, NULL) ==
		       &object[i]);
	for (i = 0; i < MANY; i++)
		handle_close((u32)handle[i], HANDLE_TIMER, NULL);
	EXPECT(released == MANY);
}

/* An open file that a module holds stays at its reset if init claims it. */
static void test_claim(void)
{
	static struct module owner, other;
	int kept, lost, timer;
	long a = handle_new(&owner, HANDLE_FILE, &kept, release);
	long b = handle_new(&owner, HANDLE_FILE, &lost, release);
	long c = handle_new(&owner, HANDLE_TIMER, &timer, release);

	EXPECT_OR_RETURN(a > 0 && b > 0 && c > 0);
	released = 0;
	handle_close_all(&owner, SWEEP_RESET);
	EXPECT(released == 1);
	EXPECT(!handle_claim((u32)a, HANDLE_FILE, &other));
	EXPECT(handle_claim((u32)a, HANDLE_FILE, &owner));
	c = handle_new(&owner, HANDLE_FILE, &timer, release);
	handle_close_all(&owner, SWEEP_UNCLAIMED);
	EXPECT(released == 2);
	EXPECT(handle_object((u32)a, HANDLE_FILE, &owner) == &kept);
	EXPECT(handle_object((u32)b, HANDLE_FILE, NULL) == NULL);
	EXPECT(handle_object((u32)c, HANDLE_FILE, &owner) == &timer);
	handle_close_all(&owner, SWEEP_UNLOAD);
	EXPECT(released == 4 && owner.handles == 0);
}

static void test_wild_numbers(void)
{
	static const u32 wild[] = { 0, 1, 0x7fffffff, 0x80000000, 0xffffffff };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(wild); i++) {
		EXPECT(handle_object(wild[i], HANDLE_MMIO, NULL) == NULL);
		EXPECT(handle_close(wild[i], HANDLE_MMIO, NULL) < 0);
	}
}

const struct ktest handle_tests[] = {
	{ "life", test_life },
	{ "generation", test_generation },
	{ "many", test_many },
	{ "claim", test_claim },
	{ "wild_numbers", test_wild_numbers },
	{ NULL, NULL },
};
