/* SPDX-License-Identifier: MIT */
/*
 * The rules of flushing (arch/x86/mm/tlb_rules.c) against a TLB that forgives
 * nothing: it keeps every translation and every directory entry that it ever
 * saw until an instruction that must drop them is executed. QEMU's does not.
 *
 * The model machine has views with a page of their own (low half), windows
 * whose leaf entries are shared and whose directory entry each view has for
 * itself, and kernel pages, global where the CPU can do that. At random, pages
 * are touched, views are loaded, and tables are changed and flushed as the
 * rules say; after each step nothing in the TLB may differ from the tables of a
 * view that could use it.
 */
#include "test.h"

#include "../../arch/x86/mm/tlb_rules.h"

#define VIEWS 5			/* the last two share PCID 0 */
#define VIEWS_WITH_PCID 3
#define WINDOWS 3
#define WINDOW_PAGES 512
#define AREA_PAGES 64		/* of the low half, and of the kernel's part */

enum area { LOW, WINDOW, KERNEL };

struct page {
	enum area area;
	unsigned int number;	/* in the area */
};

#define LOW_PAGES AREA_PAGES
#define ALL_PAGES (LOW_PAGES + WINDOWS * WINDOW_PAGES + AREA_PAGES)

struct tlb_entry {
	bool valid, global;
	u32 value;		/* leaf entry and directory entry, together */
};

static struct tlb_cpu cpu;
static unsigned int loaded;			/* view */
static u32 low[VIEWS][LOW_PAGES];		/* tables; 0: not present */
static u32 leaf[WINDOWS][WINDOW_PAGES];
static u32 directory[VIEWS][WINDOWS];
static u32 kernel[AREA_PAGES];
/* The TLB: by PCID (0 when there are none) and page. */
static struct tlb_entry tlb[VIEWS][ALL_PAGES];
static u32 cached_directory[VIEWS][WINDOWS];	/* 0: not cached */
static struct random rnd = { 1 };
static u32 next_value = 1;

static unsigned int pcid_of(unsigned int view)
{
	return cpu.pcid && view < VIEWS_WITH_PCID ? view + 1 : 0;
}

static struct page page_of(unsigned int n)
{
	if (n < LOW_PAGES)
		return (struct page){ LOW, n };
	n -= LOW_PAGES;
	if (n < WINDOWS * WINDOW_PAGES)
		return (struct page){ WINDOW, n };
	return (struct page){ KERNEL, n - WINDOWS * WINDOW_PAGES };
}

/* What the tables of `view` say of page n; dir: the directory entry to use. */
static u32 translate(unsigned int view, unsigned int n, u32 dir)
{
	struct page p = page_of(n);

	if (p.area == LOW)
		return low[view][p.number];
	if (p.area == KERNEL)
		return kernel[p.number];
	if (!leaf[p.number / WINDOW_PAGES][p.number % WINDOW_PAGES])
		return 0;
	return leaf[p.number / WINDOW_PAGES][p.number % WINDOW_PAGES] * 4 + dir;
}

static u32 table_directory(unsigned int view, unsigned int n)
{
	struct page p = page_of(n);

	return p.area == WINDOW ? directory[view][p.number / WINDOW_PAGES] : 0;
}

/* ---- the CPU's instructions ------------------------------------------------ */

static void touch(unsigned int n)
{
	struct page p = page_of(n);
	unsigned int pcid = pcid_of(loaded);
	u32 dir = table_directory(loaded, n), value;

	if (p.area == WINDOW) {
		u32 *cached = &cached_directory[pcid][p.number / WINDOW_PAGES];

		if (!*cached)
			*cached = dir;
		dir = *cached;
	}
	value = translate(loaded, n, dir);
	if (value && !tlb[pcid][n].valid)
		tlb[pcid][n] = (struct tlb_entry){
			true, p.area == KERNEL && cpu.global, value
		};
}

static void drop_page(unsigned int pcid, unsigned int n, bool global_too)
{
	if (!tlb[pcid][n].global || global_too)
		tlb[pcid][n].valid = false;
}

static void drop_directories(unsigned int pcid)
{
	memset(cached_directory[pcid], 0, sizeof(cached_directory[pcid]));
}

static void drop_pcid(unsigned int pcid, bool global_too)
{
	unsigned int n;

	for (n = 0; n < ALL_PAGES; n++)
		drop_page(pcid, n, global_too);
	drop_directories(pcid);
}

/* Global entries of the page go whatever PCID brought them. */
static void invlpg(unsigned int n)
{
	unsigned int pcid;

	drop_page(pcid_of(loaded), n, true);
	for (pcid = 0; pcid < VIEWS; pcid++)
		if (tlb[pcid][n].global)
			tlb[pcid][n].valid = false;
	drop_directories(pcid_of(loaded));
}

static void load(unsigned int view)
{
	if (view == loaded)
		return;
	loaded = view;
	if (!cpu.pcid || !pcid_of(view))
		drop_pcid(pcid_of(view), false);
}

static void execute(enum tlb_op op, unsigned int pcid, unsigned int first,
		    unsigned int count)
{
	unsigned int n;

	switch (op) {
	case TLB_NOTHING:
		break;
	case TLB_PAGES:
		for (n = first; n < first + count; n++)
			invlpg(n);
		break;
	case TLB_LOADED:
		drop_pcid(pcid_of(loaded), false);
		break;
	case TLB_PAGES_OF_VIEW:
		for (n = first; n < first + count; n++) {
			drop_page(pcid, n, false);
			if (page_of(n).area == WINDOW)
				cached_directory[pcid][page_of(n).number / WINDOW_PAGES] = 0;
		}
		break;
	case TLB_VIEW:
		drop_pcid(pcid, false);
		break;
	case TLB_ALL_VIEWS:
	case TLB_EVERYTHING:
		for (n = 0; n < VIEWS; n++)
			drop_pcid(n, op == TLB_EVERYTHING);
		break;
	}
}

/* ---- the kernel -------------------------------------------------------------- */

/* The pages [first, first + count) were changed: in `view`, or (-1) in all. */
static void flush(int view, unsigned int first, unsigned int count)
{
	struct tlb_change change = {
		.kernel = page_of(first).area == KERNEL,
		.all_views = view < 0,
		.loaded = view == (int)loaded,
		.pcid = view < 0 ? 0 : pcid_of(view),
		.pages = count,
	};

	execute(tlb_decide(&cpu, &change), change.pcid, first, count);
}

static u32 new_value(void)
{
	return random_below(&rnd, 3) ? next_value++ : 0;
}

static void change_pages(void)
{
	unsigned int n = random_below(&rnd, ALL_PAGES), i;
	unsigned int view = random_below(&rnd, VIEWS);
	unsigned int count = random_below(&rnd, 2) ? 1 : random_below(&rnd, 60) + 1;
	struct page p = page_of(n);
	unsigned int end = p.area == LOW ? LOW_PAGES :
			   p.area == KERNEL ? ALL_PAGES :
			   LOW_PAGES + (p.number / WINDOW_PAGES + 1) * WINDOW_PAGES;

	count = count < end - n ? count : end - n;
	for (i = 0; i < count; i++) {
		if (p.area == LOW)
			low[view][p.number + i] = new_value();
		else if (p.area == KERNEL)
			kernel[p.number + i] = new_value();
		else
			leaf[p.number / WINDOW_PAGES][p.number % WINDOW_PAGES + i] =
				new_value();
	}
	flush(p.area == LOW ? (int)view : -1, n, count);
}

static void change_window(void)
{
	unsigned int window = random_below(&rnd, WINDOWS);
	unsigned int view = random_below(&rnd, VIEWS), v;
	bool all = random_below(&rnd, 2);

	for (v = 0; v < VIEWS; v++)
		if (all || v == view)
			directory[v][window] = random_below(&rnd, 3) + 1;
	flush(all ? -1 : (int)view, LOW_PAGES + window * WINDOW_PAGES, WINDOW_PAGES);
}

/* Could `view` use what the TLB has under `pcid`, now or when it is loaded? */
static bool usable(unsigned int view, unsigned int pcid, bool global)
{
	if (global)
		return true;
	if (pcid_of(view) != pcid)
		return false;
	return pcid || view == loaded;
}

static void check(void)
{
	unsigned int view, pcid, n, window;

	for (view = 0; view < VIEWS; view++) {
		for (pcid = 0; pcid < VIEWS; pcid++) {
			for (n = 0; n < ALL_PAGES; n++) {
				struct tlb_entry *e = &tlb[pcid][n];

				if (e->valid && usable(view, pcid, e->global))
					assert_int_equal(e->value,
						translate(view, n, table_directory(view, n)));
			}
			for (window = 0; window < WINDOWS; window++)
				if (cached_directory[pcid][window] &&
				    usable(view, pcid, false))
					assert_int_equal(cached_directory[pcid][window],
							 directory[view][window]);
		}
	}
}

static void run(bool global, bool pcid)
{
	u64 steps = env_runs("ROUNDS", 3000), step;
	unsigned int view, window;

	cpu = (struct tlb_cpu){ .global = global, .pcid = pcid };
	rnd.state = env_number("SEED", 1);
	loaded = 0;
	memset(tlb, 0, sizeof(tlb));
	memset(cached_directory, 0, sizeof(cached_directory));
	for (view = 0; view < VIEWS; view++)
		for (window = 0; window < WINDOWS; window++)
			directory[view][window] = 1;
	for (step = 0; step < steps; step++) {
		unsigned int i, n = random_below(&rnd, ALL_PAGES);

		switch (random_below(&rnd, 6)) {
		case 0:
			load(random_below(&rnd, VIEWS));
			break;
		case 1:
			change_pages();
			break;
		case 2:
			change_window();
			break;
		default:
			for (i = 0; i < 100; i++)
				touch((n + i) % ALL_PAGES);
			break;
		}
		check();
	}
}

static void test_no_stale_entry(void **state)
{
	run(true, false);	/* what QEMU has */
	run(true, true);
	run(false, false);
	run(false, true);
}

/* The rules must not be right by flushing everything always. */
static void test_cheap(void **state)
{
	const struct tlb_cpu plain = { .global = true };
	const struct tlb_cpu tagged = { .global = true, .pcid = true };
	struct tlb_change c = { .loaded = true, .pages = 1 };

	assert_int_equal(tlb_decide(&plain, &c), TLB_PAGES);
	assert_int_equal(tlb_decide(&tagged, &c), TLB_PAGES);
	c.loaded = false;
	assert_int_equal(tlb_decide(&plain, &c), TLB_NOTHING);
	c.pcid = 7;
	assert_int_equal(tlb_decide(&tagged, &c), TLB_PAGES_OF_VIEW);
	c.pages = 512;
	assert_int_equal(tlb_decide(&tagged, &c), TLB_VIEW);
	c.all_views = true;
	assert_int_equal(tlb_decide(&plain, &c), TLB_LOADED);
	c = (struct tlb_change){ .kernel = true, .all_views = true, .pages = 1 };
	assert_int_equal(tlb_decide(&plain, &c), TLB_PAGES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_stale_entry),
		cmocka_unit_test(test_cheap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
