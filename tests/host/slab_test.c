/* SPDX-License-Identifier: MIT */
/*
 * slab against a model that knows every live object: sizes, owners, refusals,
 * tickets, and recovery from a crash at each point where the books are written.
 */
#include "test.h"

#include <slab.h>

#define OBJECTS_MAX 4096
#define OWNER_A 2		/* not modules that are linked: owners are numbers */
#define OWNER_B 3
#define OWNERS_USED 5		/* the core and four */
#define ARENA_BASE 0x10000u
#define ARENA_LEN 0x100000u

#define CLASS_SIZE(bytes) bytes,
static const u32 class_size[] = { SLAB_CLASSES(CLASS_SIZE) };

struct object {
	u64 addr;
	u32 size;
	u32 owner;
};

static struct object object[OBJECTS_MAX];
static u32 nobjects;
static u32 tickets;
static struct random rnd;

/* Owners are 0 (the core) and numbers that are not slab's own. */
static u32 owner_number(u32 i)
{
	return i ? OWNER_A + i - 1 : SLAB_OWNER_CORE;
}

static u64 ticket_next(void)
{
	return SLAB_TICKET(0, ++tickets);
}

/* ---- the model ------------------------------------------------------- */

static bool is_memory(const struct object *o)
{
	return o->owner != SLAB_OWNER_CORE;
}

static u8 pattern(const struct object *o)
{
	return (u8)(o->addr >> 4 ^ o->owner);
}

/* Objects are filled and compared at their ends: slab must not touch them. */
static void object_fill(const struct object *o)
{
	if (!is_memory(o))
		return;
	*(u8 *)o->addr = pattern(o);
	*(u8 *)(o->addr + o->size - 1) = pattern(o);
}

static void object_check(const struct object *o)
{
	assert_int_equal(slab_size(o->owner, o->addr), o->size);
	if (!is_memory(o))
		return;
	assert_int_equal(*(u8 *)o->addr, pattern(o));
	assert_int_equal(*(u8 *)(o->addr + o->size - 1), pattern(o));
}

static bool overlaps_live(const struct object *new)
{
	for (u32 i = 0; i < nobjects; i++)
		if (object[i].owner == new->owner &&
		    new->addr < object[i].addr + object[i].size &&
		    object[i].addr < new->addr + new->size)
			return true;
	return false;
}

static void model_add(u32 owner, u32 size, u64 addr)
{
	struct object o = { addr, class_size[slab_class_of(size)], owner };

	assert_true(nobjects < OBJECTS_MAX);
	assert_true(o.size >= size);
	assert_int_equal(addr % (o.size >= PAGE_SIZE ? PAGE_SIZE : 16), 0);
	if (is_memory(&o))
		assert_true(shim_heap_holds(owner, addr, o.size));
	else
		assert_in_range(addr, ARENA_BASE, ARENA_BASE + ARENA_LEN - o.size);
	assert_false(overlaps_live(&o));
	object_fill(&o);
	object[nobjects++] = o;
}

static void model_remove(u32 owner, u64 addr)
{
	for (u32 i = 0; i < nobjects; i++) {
		if (object[i].owner != owner || object[i].addr != addr)
			continue;
		object[i] = object[--nobjects];
		return;
	}
	fail_msg("the model has no such object");
}

static void model_check(void)
{
	struct slab_usage usage;
	u64 count, bytes;

	for (u32 i = 0; i < nobjects; i++)
		object_check(&object[i]);
	for (u32 i = 0; i < OWNERS_USED; i++) {
		count = 0;
		bytes = 0;
		for (u32 j = 0; j < nobjects; j++) {
			if (object[j].owner != owner_number(i))
				continue;
			count++;
			bytes += object[j].size;
		}
		assert_int_equal(slab_usage_get(owner_number(i), &usage), 0);
		assert_int_equal(usage.objects, count);
		assert_int_equal(usage.bytes, bytes);
		if (i)
			assert_int_equal(usage.pages, shim_heap_pages(owner_number(i)));
	}
}

/* ---- calls ----------------------------------------------------------- */

/* One call, made again with the same ticket after a crash. */
struct call {
	bool is_free;
	u32 owner;
	u64 ticket;
	u32 size;
	u32 count;
	u64 objects[SLAB_BATCH_MAX];
	long result;
};

static void call_run(void *data)
{
	struct call *c = data;
	size_t len = c->count * sizeof(u64);

	if (c->owner == SLAB_OWNER_CORE)
		c->result = c->is_free ?
			slab_core_free(c->ticket, c->count, c->objects, len) :
			slab_core_alloc(c->ticket, c->size, c->count, c->objects, len);
	else
		c->result = c->is_free ?
			slab_free(c->owner, c->ticket, c->count, c->objects, len) :
			slab_alloc(c->owner, c->ticket, c->size, c->count,
				   c->objects, len);
}

/* Takes the effects of a call that came back into the model. */
static void call_done(const struct call *c)
{
	if (c->is_free) {
		assert_int_equal(c->result, 0);
		for (u32 i = 0; i < c->count; i++)
			model_remove(c->owner, c->objects[i]);
		return;
	}
	assert_in_range(c->result, 1, c->count);
	for (long i = 0; i < c->result; i++)
		model_add(c->owner, c->size, c->objects[i]);
}

static struct call call_alloc(u32 owner, u32 size, u32 count)
{
	return (struct call){ .owner = owner, .ticket = ticket_next(),
			      .size = size, .count = count };
}

static struct call call_free(u32 owner, u32 count)
{
	struct call c = { .is_free = true, .owner = owner, .ticket = ticket_next() };
	u32 first = nobjects ? random_below(&rnd, nobjects) : 0;

	for (u32 i = 0; i < nobjects && c.count < count; i++) {
		struct object *o = &object[(first + i) % nobjects];

		if (o->owner == owner)
			c.objects[c.count++] = o->addr;
	}
	return c;
}

static u64 alloc_one(u32 owner, u32 size)
{
	struct call c = call_alloc(owner, size, 1);

	call_run(&c);
	call_done(&c);
	return c.objects[0];
}

static long free_one(u32 owner, u64 addr)
{
	return slab_free(owner, ticket_next(), 1, &addr, sizeof(addr));
}

static struct call call_random(void)
{
	u32 owner = owner_number(random_below(&rnd, OWNERS_USED));
	u32 count = 1 + random_below(&rnd, SLAB_BATCH_MAX);
	u32 size = 1 + (u32)(random_u64(&rnd) % (16ull << random_below(&rnd, 10)));
	struct call c;

	/* Owners grow for a while, then shrink. */
	if (random_below(&rnd, 100) < (nobjects < 600 ? 30 : 70)) {
		c = call_free(owner, count);
		if (c.count)
			return c;
	}
	return call_alloc(owner, size, size > 2048 ? 1 + count % 2 : count);
}

static int setup(void **state)
{
	shim_clear();
	shim_log_clear();
	nobjects = 0;
	tickets = 0;
	rnd.state = env_number("SEED", 1);
	return shim_start("slab") || slab_core_grow(ARENA_BASE, ARENA_LEN);
}

/* ---- plain tests ----------------------------------------------------- */

static void test_classes(void **state)
{
	for (u32 size = 1; size <= SLAB_OBJECT_MAX; size++) {
		u32 class = slab_class_of(size);

		assert_true(class < SLAB_CLASS_COUNT && class_size[class] >= size);
		assert_true(class == 0 || class_size[class - 1] < size);
	}
	for (u32 i = 0; i < SLAB_CLASS_COUNT; i++)
		for (u32 n = 0; n < 20; n++)
			alloc_one(OWNER_A, class_size[i]);
	model_check();
}

static void test_random_calls(void **state)
{
	u64 calls = env_runs("CALLS", 4000);

	for (u64 i = 0; i < calls; i++) {
		struct call c = call_random();

		call_run(&c);
		call_done(&c);
		if (i % 50 == 0)
			model_check();
	}
	model_check();
}

static void test_refuses_bad_arguments(void **state)
{
	u64 out[SLAB_BATCH_MAX + 1] = { 0 };

	assert_int_equal(slab_alloc(OWNER_A, 1, 0, 1, out, 8), -EINVAL);
	assert_int_equal(slab_alloc(OWNER_A, 1, SLAB_OBJECT_MAX + 1, 1, out, 8), -EINVAL);
	assert_int_equal(slab_alloc(OWNER_A, 1, 16, 0, out, 8), -EINVAL);
	assert_int_equal(slab_alloc(OWNER_A, 1, 16, SLAB_BATCH_MAX + 1, out, 264), -EINVAL);
	assert_int_equal(slab_alloc(OWNER_A, 1, 16, 2, out, 8), -EINVAL);
	assert_int_equal(slab_alloc(SLAB_OWNERS, 1, 16, 1, out, 8), -EINVAL);
	assert_int_equal(slab_alloc(SLAB_OWNER_CORE, 1, 16, 1, out, 8), -EINVAL);
	assert_int_equal(slab_free(SLAB_OWNER_CORE, 1, 1, out, 8), -EINVAL);
	assert_int_equal(slab_free(OWNER_A, 1, 0, out, 0), -EINVAL);
	assert_int_equal(slab_size(SLAB_OWNERS, 0), -EINVAL);
	assert_int_equal(slab_usage_get(SLAB_OWNERS, (struct slab_usage *)out), -EINVAL);
	assert_int_equal(slab_owner_gone(SLAB_OWNER_CORE, 0), -EINVAL);
	model_check();
}

static void test_refuses_wrong_frees(void **state)
{
	u64 a = alloc_one(OWNER_A, 48), b = alloc_one(OWNER_A, 48);
	u64 twice[2] = { a, a }, mixed[2] = { a, 0x1000 };

	assert_int_equal(free_one(OWNER_B, a), -EINVAL);
	assert_true(shim_log_has("no object of its"));
	assert_int_equal(free_one(OWNER_A, a + 16), -EINVAL);
	assert_true(shim_log_has("not the start of an object"));
	assert_int_equal(slab_free(OWNER_A, ticket_next(), 2, twice, 16), -EINVAL);
	assert_true(shim_log_has("named twice"));
	assert_int_equal(slab_free(OWNER_A, ticket_next(), 2, mixed, 16), -EINVAL);
	model_check();

	assert_int_equal(free_one(OWNER_A, b), 0);
	model_remove(OWNER_A, b);
	assert_int_equal(free_one(OWNER_A, b), -EINVAL);
	assert_true(shim_log_has("free already"));
	assert_int_equal(slab_size(OWNER_A, b), -EINVAL);
	model_check();
}

static void test_a_ticket_counts_once(void **state)
{
	struct call c = call_alloc(OWNER_A, 100, 7), again = c;

	call_run(&c);
	call_done(&c);
	call_run(&again);
	assert_int_equal(again.result, c.result);
	assert_memory_equal(again.objects, c.objects, sizeof(u64) * (size_t)c.result);
	model_check();

	c = call_free(OWNER_A, 3);
	call_run(&c);
	call_done(&c);
	call_run(&c);
	assert_int_equal(c.result, 0);
	model_check();
}

static void test_an_earlier_life_is_refused(void **state)
{
	u64 out, old;

	assert_int_equal(slab_alloc(OWNER_A, SLAB_TICKET(4, 1), 64, 1, &old, 8), 1);
	assert_int_equal(slab_alloc(OWNER_A, SLAB_TICKET(3, 9), 64, 1, &out, 8),
			 -ECANCELED);
	shim_heap_drop(OWNER_A, false);
	assert_int_equal(slab_owner_gone(OWNER_A, 5), 0);
	model_check();
	assert_int_equal(slab_alloc(OWNER_A, SLAB_TICKET(5, 1), 64, 1, &out, 8), 1);
	model_add(OWNER_A, 64, out);
	assert_int_equal(slab_free(OWNER_A, SLAB_TICKET(4, 2), 1, &out, 8), -ECANCELED);
	model_check();
}

static void test_owner_gone(void **state)
{
	for (u32 i = 0; i < 300; i++) {
		alloc_one(OWNER_A, 1 + i * 7);
		alloc_one(OWNER_B, 1 + i * 7);
	}
	shim_heap_drop(OWNER_A, false);
	assert_int_equal(slab_owner_gone(OWNER_A, 1), 0);
	for (u32 i = nobjects; i-- > 0;)
		if (object[i].owner == OWNER_A)
			object[i] = object[--nobjects];
	model_check();
}

static void test_empty_slabs_go_back(void **state)
{
	struct call c;

	for (u32 i = 0; i < 3000; i++)
		alloc_one(OWNER_A, 128);
	assert_true(shim_heap_pages(OWNER_A) >= 90);
	while ((c = call_free(OWNER_A, SLAB_BATCH_MAX)).count) {
		call_run(&c);
		call_done(&c);
	}
	assert_true(shim_heap_pages(OWNER_A) <= 1);
	model_check();
}

static void test_short_memory_takes_empty_slabs(void **state)
{
	u64 addr = alloc_one(OWNER_A, 512);

	alloc_one(OWNER_B, 512);
	assert_int_equal(free_one(OWNER_A, addr), 0);
	model_remove(OWNER_A, addr);
	assert_int_equal(shim_heap_pages(OWNER_A), 1);
	shim_heap_limit(shim_heap_pages(shim_module("slab")) + 2);
	alloc_one(OWNER_B, 64);
	assert_int_equal(shim_heap_pages(OWNER_A), 0);
	assert_int_equal(slab_alloc(OWNER_A, ticket_next(), 64, 1, &addr, 8), -ENOMEM);
	shim_heap_limit(0);
	alloc_one(OWNER_A, 64);
	model_check();
}

static void test_core_arena(void **state)
{
	u64 out[SLAB_BATCH_MAX];
	long n, total = 0;

	assert_int_equal(slab_core_grow(ARENA_BASE, ARENA_LEN), 0);
	assert_int_equal(slab_core_grow(ARENA_BASE + 4096, 4096), -EEXIST);
	assert_int_equal(slab_core_grow(1, 4096), -EINVAL);
	assert_int_equal(slab_core_grow(0, SLAB_GROW_MAX + 4096), -EINVAL);
	do {
		n = slab_core_alloc(ticket_next(), 4096, 32, out, sizeof(out));
		for (long i = 0; i < n; i++)
			model_add(SLAB_OWNER_CORE, 4096, out[i]);
		total += n > 0 ? n : 0;
	} while (n > 0);
	assert_int_equal(n, -ENOMEM);
	assert_int_equal(total, ARENA_LEN / 4096);
	model_check();
}

/* ---- recovery -------------------------------------------------------- */

static void recover(void *data)
{
	assert_int_equal(shim_recover("slab"), 0);
}

static void reset(void)
{
	shim_reset_image("slab");
	recover(NULL);
}

static void test_live_objects_survive(void **state)
{
	for (u32 round = 0; round < 20; round++) {
		for (u32 i = 0; i < 100; i++) {
			struct call c = call_random();

			call_run(&c);
			call_done(&c);
		}
		reset();
		assert_false(shim_log_has("did not believe"));
		model_check();
	}
}

/*
 * Makes the call with a crash before event `at`, recovers (with a crash in
 * recovery before event `again`, if that is not 0), and makes it again as the
 * boundary would. False: the call ended before event `at`.
 */
static bool call_crashed(struct call *c, u32 at, u32 again)
{
	bool left = shim_crash_at(at, call_run, c);

	if (left) {
		shim_reset_image("slab");
		while (again && shim_crash_at(again, recover, NULL)) {
			shim_reset_image("slab");
			again = 0;
		}
		if (!again)
			recover(NULL);
		call_run(c);
	}
	call_done(c);
	return left;
}

/*
 * A call for each path that writes the books: a run for a new class, another
 * object, the last object of a run, a free that empties a run that is kept,
 * and one that is given back.
 */
#define SCENARIOS 6

static struct call scenario(u32 number, u32 owner)
{
	struct call c;

	switch (number) {
	case 0:
		return call_alloc(owner, 64, 5);
	case 1:
		alloc_one(owner, 64);
		return call_alloc(owner, 64, SLAB_BATCH_MAX);
	case 2:
		alloc_one(owner, 2048);
		return call_alloc(owner, 2048, 3);
	case 3:
		alloc_one(owner, 512);
		return call_free(owner, 1);
	case 4:
		alloc_one(owner, 16384);
		return call_free(owner, 1);
	default:
		for (u32 i = 0; i < 12; i++)
			alloc_one(owner, 1024);
		c = call_free(owner, 12);
		return c;
	}
}

static void crash_everywhere(u32 owner, u32 again)
{
	for (u32 number = 0; number < SCENARIOS; number++) {
		bool left = true;

		for (u32 at = 1; left; at++) {
			struct call c;

			assert_int_equal(setup(NULL), 0);
			alloc_one(OWNER_B, 64);
			c = scenario(number, owner);
			left = call_crashed(&c, at, again);
			assert_false(shim_log_has("did not believe"));
			model_check();
			alloc_one(owner, 64);
			model_check();
		}
	}
}

static void test_crash_at_every_point(void **state)
{
	crash_everywhere(OWNER_A, 0);
}

static void test_crash_at_every_point_for_the_core(void **state)
{
	crash_everywhere(SLAB_OWNER_CORE, 0);
}

static void test_crash_in_recovery_too(void **state)
{
	for (u32 again = 1; again < 60; again += 7)
		crash_everywhere(OWNER_A, again);
}

static void test_random_crashes(void **state)
{
	u64 calls = env_runs("CALLS", 600);

	for (u64 i = 0; i < calls; i++) {
		struct call c = call_random();

		call_crashed(&c, 1 + random_below(&rnd, 150), random_below(&rnd, 90));
		if (i % 20 == 0)
			model_check();
	}
	assert_false(shim_log_has("did not believe"));
	model_check();
}

static void gone(void *data)
{
	assert_int_equal(slab_owner_gone(OWNER_A, 1), 0);
}

static void test_crash_in_owner_gone(void **state)
{
	bool left = true;

	for (u32 at = 1; left; at++) {
		assert_int_equal(setup(NULL), 0);
		for (u32 i = 0; i < 30; i++)
			alloc_one(OWNER_B, 1 + i * 40);
		for (u32 i = 0; i < 30; i++)
			slab_alloc(OWNER_A, ticket_next(), 1 + i * 40, 1, &(u64){ 0 }, 8);
		shim_heap_drop(OWNER_A, false);
		left = shim_crash_at(at, gone, NULL);
		if (left) {
			reset();
			gone(NULL);
		}
		model_check();
	}
}

/* ---- damaged books --------------------------------------------------- */

static u64 page_list[4096], page_count;

static void page_note(u64 addr, u64 len)
{
	for (u64 i = 0; i < len && page_count < 4096; i += PAGE_SIZE)
		page_list[page_count++] = addr + i;
}

/*
 * Damage of some bits, or of a stretch as a wild write leaves it, where there is
 * something to damage.
 */
static void damage(void)
{
	u64 *words;
	u32 at;

	page_count = 0;
	shim_heap_each_persistent(page_note);
	for (u32 n = 1 + random_below(&rnd, 4); n;) {
		words = (u64 *)page_list[random_u64(&rnd) % page_count];
		at = random_below(&rnd, 512);
		if (!words[at])
			continue;
		n--;
		if (random_below(&rnd, 2))
			words[at] ^= 1ull << random_below(&rnd, 64);
		else
			for (u32 i = at; i < at + 8 && i < 512; i++)
				words[i] = random_u64(&rnd);
	}
}

static void calls_make(u32 count)
{
	while (count--) {
		struct call c = call_random();

		call_run(&c);
		call_done(&c);
	}
}

/* As many objects as there may be: none of them may be live already. */
static void allocate_much(void)
{
	u64 out[SLAB_BATCH_MAX];

	for (u32 i = 0; i < 200; i++) {
		u32 owner = owner_number(1 + random_below(&rnd, OWNERS_USED - 1));
		u32 size = 16u << random_below(&rnd, 7);
		long n = slab_alloc(owner, ticket_next(), size, 8, out, sizeof(out));

		for (long j = 0; j < n; j++)
			model_add(owner, size, out[j]);
	}
}

/*
 * Whatever the books say: recovery ends, live objects keep their contents, none
 * of their memory is handed out again, and they can be freed.
 */
static void test_damaged_books(void **state)
{
	u64 rounds = env_runs("ROUNDS", 300);
	struct random keep = { env_number("SEED", 1) };

	for (u64 round = 0; round < rounds; round++) {
		assert_int_equal(setup(NULL), 0);
		rnd = keep;
		calls_make(60);
		damage();
		reset();
		slab_core_grow(ARENA_BASE, ARENA_LEN);
		allocate_much();
		for (u32 i = 0; i < nobjects; i++) {
			struct object *o = &object[i];

			if (!is_memory(o))
				continue;
			assert_int_equal(*(u8 *)o->addr, pattern(o));
			assert_int_equal(free_one(o->owner, o->addr), 0);
		}
		keep = rnd;
	}
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_classes),
		TEST(test_random_calls),
		TEST(test_refuses_bad_arguments),
		TEST(test_refuses_wrong_frees),
		TEST(test_a_ticket_counts_once),
		TEST(test_an_earlier_life_is_refused),
		TEST(test_owner_gone),
		TEST(test_empty_slabs_go_back),
		TEST(test_short_memory_takes_empty_slabs),
		TEST(test_core_arena),
		TEST(test_live_objects_survive),
		TEST(test_crash_at_every_point),
		TEST(test_crash_at_every_point_for_the_core),
		TEST(test_crash_in_recovery_too),
		TEST(test_crash_in_owner_gone),
		TEST(test_random_crashes),
		TEST(test_damaged_books),
	};

	return cmocka_run_group_tests_name("slab", tests, NULL, NULL);
}
