/* SPDX-License-Identifier: MIT */
/* The fuzzer of fuzz.h. */
#include "fuzz.h"

#include <sanitizer/common_interface_defs.h>

#include "cover.h"

#define POOL_MAX 1024

struct pooled {
	u8 *data;
	size_t len;
};

static struct pooled pool[POOL_MAX];
static u32 npooled;

/* What runs now, for the report. */
static struct {
	const char *name;	/* NULL: nothing */
	u64 run, seed;
	const u8 *data;
	size_t len;
} now;

static void report(void)
{
	char path[64];
	FILE *f;

	if (!now.name)
		return;
	snprintf(path, sizeof(path), "/tmp/fuzz-%s-%llu.bin", now.name,
		 (unsigned long long)now.run);
	f = fopen(path, "wb");
	if (f) {
		fwrite(now.data, 1, now.len, f);
		fclose(f);
	}
	fprintf(stderr, "fuzz %s: failed in run %llu of seed %llu; input: %s\n",
		now.name, (unsigned long long)now.run,
		(unsigned long long)now.seed, path);
	now.name = NULL;
}

int fuzz_teardown(void **state)
{
	report();
	return 0;
}

static void pool_add(const u8 *data, size_t len, struct random *r)
{
	u32 i = npooled < POOL_MAX ? npooled++ : random_below(r, POOL_MAX);
	u8 *copy = malloc(len + 1);

	if (!copy)
		abort();
	memcpy(copy, data, len);
	free(pool[i].data);
	pool[i] = (struct pooled){ copy, len };
}

/* ---- mutations: each changes `data` of *len bytes, with room for `max` ---- */

static void change_bits(u8 *data, size_t *len, size_t max, struct random *r)
{
	data[random_u64(r) % *len] ^= 1 << random_below(r, 8);
}

static void change_byte(u8 *data, size_t *len, size_t max, struct random *r)
{
	data[random_u64(r) % *len] = (u8)random_u64(r);
}

static void change_number(u8 *data, size_t *len, size_t max, struct random *r)
{
	static const u64 numbers[] = { 0, 1, 0x7f, 0xff, 0xfff, 0x1000, 0x7fff,
		0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 1ull << 47,
		1ull << 63, ~0ull, ~0xfffull };
	size_t size = 1ul << random_below(r, 4), at = random_u64(r) % *len;
	u64 value = numbers[random_below(r, ARRAY_SIZE(numbers))];

	at = random_below(r, 2) ? ALIGN_DOWN(at, size) : at;
	memcpy(data + at, &value, MIN(size, *len - at));
}

static void change_digits(u8 *data, size_t *len, size_t max, struct random *r)
{
	size_t at = random_u64(r) % *len, n = 1 + random_below(r, 8);

	for (; n && at < *len; n--, at++)
		data[at] = (u8)"0123456789abcdefABCDEFg "[random_below(r, 24)];
}

static void copy_inside(u8 *data, size_t *len, size_t max, struct random *r)
{
	size_t from = random_u64(r) % *len, to = random_u64(r) % *len;
	size_t n = 1 + random_below(r, 128);

	n = MIN(n, *len - MAX(from, to));
	memmove(data + to, data + from, n);
}

static void cut(u8 *data, size_t *len, size_t max, struct random *r)
{
	*len = 1 + random_u64(r) % *len;
}

static void insert(u8 *data, size_t *len, size_t max, struct random *r)
{
	size_t at = random_u64(r) % *len, n = 1 + random_below(r, 64);

	n = MIN(n, max - *len);
	memmove(data + at + n, data + at, *len - at);
	*len += n;
}

static void splice(u8 *data, size_t *len, size_t max, struct random *r)
{
	const struct pooled *other = &pool[random_below(r, npooled)];
	size_t at = random_u64(r) % *len, n = MIN(other->len, max - at);

	memcpy(data + at, other->data, n);
	*len = MAX(*len, at + n);
}

static void mutate(u8 *data, size_t *len, size_t max, struct random *r)
{
	static void (*const change[])(u8 *, size_t *, size_t, struct random *) = {
		change_bits, change_byte, change_number, change_number,
		change_digits, copy_inside, cut, insert, splice,
	};

	for (u32 n = 1 + random_below(r, 4); n; n--)
		change[random_below(r, ARRAY_SIZE(change))](data, len, max, r);
}

static void run(const u8 *data, size_t len, void (*fn)(const u8 *, size_t))
{
	u8 *exact = malloc(len);

	if (!exact)
		abort();
	memcpy(exact, data, len);
	now.data = exact;
	now.len = len;
	cover_moved();
	fn(exact, len);
	free(exact);
}

void fuzz(const char *name, const struct fuzz_input *seeds, u32 nseeds,
	  size_t max, u64 runs, void (*fn)(const u8 *data, size_t len))
{
	struct random r = { env_number("SEED", 1) };
	const struct pooled *from;
	u8 *work = malloc(max);
	size_t len;

	if (!work)
		abort();
	__sanitizer_set_death_callback(report);
	while (npooled)
		free(pool[--npooled].data);
	memset(pool, 0, sizeof(pool));
	now.name = name;
	now.seed = r.state;
	for (u32 i = 0; i < nseeds; i++) {
		pool_add(seeds[i].data, seeds[i].len, &r);
		run(seeds[i].data, seeds[i].len, fn);
	}
	runs = env_runs("RUNS", runs);
	for (now.run = 1; now.run <= runs; now.run++) {
		from = &pool[random_below(&r, npooled)];
		len = from->len;
		memcpy(work, from->data, len);
		mutate(work, &len, max, &r);
		run(work, len, fn);
		if (cover_moved())
			pool_add(work, len, &r);
	}
	printf("# fuzz %s: %llu runs of seed %llu, %u inputs kept\n", name,
	       (unsigned long long)runs, (unsigned long long)now.seed, npooled);
	now.name = NULL;
	free(work);
}
