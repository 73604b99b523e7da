/* SPDX-License-Identifier: MIT */
/* Page frames, the core's allocator, kernel stacks. */
#include <frame.h>
#include <ktest.h>
#include <string.h>
#include <thread.h>

#define ORDER_MAX 6
#define OBJECTS 64

static bool is_filled(const u8 *p, u8 byte, size_t len)
{
	while (len && *p == byte) {
		p++;
		len--;
	}
	return len == 0;
}

static void test_orders(void)
{
	u64 before = frame_free_count(), phys[ORDER_MAX + 1];
	unsigned int order;

	for (order = 0; order <= ORDER_MAX; order++) {
		phys[order] = frame_alloc(order);
		EXPECT_OR_RETURN(phys[order] != 0);
		EXPECT(IS_ALIGNED(phys[order], PAGE_SIZE << order));
		memset(phys_to_virt(phys[order]), (int)order + 1,
		       PAGE_SIZE << order);
	}
	EXPECT(frame_free_count() == before - ((2u << ORDER_MAX) - 1));
	for (order = 0; order <= ORDER_MAX; order++) {
		EXPECT(is_filled(phys_to_virt(phys[order]), (u8)(order + 1),
				 PAGE_SIZE << order));
		frame_free(phys[order], order);
	}
	EXPECT(frame_free_count() == before);
}

static void test_zeroed(void)
{
	u64 phys = frame_alloc(0);

	EXPECT_OR_RETURN(phys != 0);
	memset(phys_to_virt(phys), 0xff, PAGE_SIZE);
	frame_free(phys, 0);
	phys = frame_alloc_zeroed(0);
	EXPECT_OR_RETURN(phys != 0);
	EXPECT(is_filled(phys_to_virt(phys), 0, PAGE_SIZE));
	frame_free(phys, 0);
}

static void test_references(void)
{
	u64 before = frame_free_count(), phys = frame_alloc(0);

	EXPECT_OR_RETURN(phys != 0);
	EXPECT(frame_of(phys)->refs == 1);
	frame_get(phys);
	frame_put(phys);
	EXPECT(frame_free_count() == before - 1);
	frame_put(phys);
	EXPECT(frame_free_count() == before);
}

static void test_not_memory(void)
{
	EXPECT(frame_of(1ull << 50) == NULL);
	EXPECT(frame_total_count() >= frame_free_count());
}

/* Takes all there is, in a chain, and gives it back. */
static void test_exhaustion(void)
{
	u64 before = frame_free_count(), taken = 0, chain = 0, phys;

	while ((phys = frame_alloc(0))) {
		*(u64 *)phys_to_virt(phys) = chain;
		chain = phys;
		taken++;
	}
	EXPECT(taken == before);
	EXPECT(frame_free_count() == 0);
	EXPECT(frame_alloc(3) == 0);
	EXPECT(core_alloc(PAGE_SIZE * 4) == NULL);
	while (chain) {
		phys = chain;
		chain = *(u64 *)phys_to_virt(phys);
		frame_free(phys, 0);
	}
	EXPECT(frame_free_count() == before);
	phys = frame_alloc(ORDER_MAX);	/* it has grown together again */
	EXPECT(phys != 0);
	if (phys)
		frame_free(phys, ORDER_MAX);
}

static void test_core_alloc(void)
{
	static u8 *object[OBJECTS];
	size_t size;
	u32 i;

	for (i = 0; i < OBJECTS; i++) {
		size = (size_t)(i * 67 + 1);
		object[i] = core_alloc(size);
		EXPECT_OR_RETURN(object[i] != NULL);
		EXPECT(IS_ALIGNED((u64)object[i], 16));
		EXPECT(is_filled(object[i], 0, size));
		memset(object[i], (int)i, size);
	}
	for (i = 0; i < OBJECTS; i++) {
		EXPECT(is_filled(object[i], (u8)i, (size_t)(i * 67 + 1)));
		core_free(object[i]);
	}
	core_free(NULL);
}

static void test_stacks(void)
{
	u64 a = vmap_alloc_stack(KERNEL_STACK_SIZE);
	u64 b = vmap_alloc_stack(KERNEL_STACK_SIZE);

	EXPECT_OR_RETURN(a && b);
	EXPECT(a >= b + KERNEL_STACK_SIZE + PAGE_SIZE ||
	       b >= a + KERNEL_STACK_SIZE + PAGE_SIZE);
	memset((void *)a, 1, KERNEL_STACK_SIZE);
	memset((void *)b, 2, KERNEL_STACK_SIZE);
	EXPECT(is_filled((u8 *)a, 1, KERNEL_STACK_SIZE));
	vmap_free_stack(a, KERNEL_STACK_SIZE);
	vmap_free_stack(b, KERNEL_STACK_SIZE);
}

const struct ktest frame_tests[] = {
	{ "orders", test_orders },
	{ "zeroed", test_zeroed },
	{ "references", test_references },
	{ "not_memory", test_not_memory },
	{ "exhaustion", test_exhaustion },
	{ "core_alloc", test_core_alloc },
	{ "stacks", test_stacks },
	{ NULL, NULL },
};
