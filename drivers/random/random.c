/* SPDX-License-Identifier: MIT */
/*
 * random: a generator of random bytes behind /dev/random, /dev/urandom and
 * getrandom(2): ChaCha20 (RFC 8439) with fast key erasure: the first half of
 * the first block of each request becomes the next key, so that what was given
 * out can't be computed from what is left.
 *
 * The key is seeded from the core's start-up pool, and again every
 * RESEED_NS while it is used; the times of calls are mixed in as they come.
 *
 * State: nothing to keep (a new seed).
 */
#include <devfs.h>
#include <errno.h>
#include <file.h>
#include <program.h>
#include <random.h>
#include <runtime.h>
#include <string.h>
#include <whitix/ioctl.h>
#include <whitix/process.h>
#include <whitix/stat.h>
#include <whitix/syscalls.h>

#include "chacha20.h"

#define RESEED_NS (60 * NSEC_PER_SEC)
#define REQUEST_MAX 256		/* random_bytes()'s contract */
#define CHUNK 1024		/* bytes for a program at once */
#define INTERRUPT_BYTES 65536	/* of getrandom(2), between looks at signals */
#define ENTROPY_BITS 256	/* what Linux reports of a seeded generator */
#define KEY_BYTES (CHACHA_KEY_WORDS * sizeof(u32))

#define RANDOM_MODE (S_IFCHR | 0666)
#define MEM_MAJOR 1
#define MINOR_RANDOM 8
#define MINOR_URANDOM 9

static struct mutex lock = MUTEX_INIT;
static u32 key[CHACHA_KEY_WORDS];	/* lock */
static u64 seeded_ns;		/* lock: when; 0: never */
static u64 times;		/* lock: mixed from the TSC at each call */
static u32 provider;

static const u32 nonce[CHACHA_NONCE_WORDS];

static u64 tsc(void)
{
	u32 low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (u64)high << 32 | low;
}

/* memset that is not optimised away. */
static void wipe(void *p, size_t len)
{
	memset(p, 0, len);
	__asm__ volatile("" : : "r"(p) : "memory");
}

static void note_time(void)
{
	times = (times << 13 | times >> 51) ^ tsc();
}

/*
 * Makes `len` bytes of input part of the key: xor, then one block as a one-way
 * step. Whoever does not know the old key or the input does not know the new.
 */
static void absorb(const void *data, size_t len)
{
	const u8 *bytes = data;
	u32 block[CHACHA_BLOCK_WORDS];

	while (len) {
		size_t part = MIN(len, KEY_BYTES);

		for (size_t i = 0; i < part; i++)
			((u8 *)key)[i] ^= bytes[i];
		chacha20_block(key, 0, nonce, block);
		memcpy(key, block, KEY_BYTES);
		bytes += part;
		len -= part;
	}
	wipe(block, sizeof(block));
}

/* Takes a fresh seed. 0, or an error when there never was one. */
static long reseed(void)
{
	u8 seed[KEY_BYTES];
	long err = entropy_get(THIS_MODULE, seed, sizeof(seed));

	if (err < 0)
		return seeded_ns ? 0 : err;
	absorb(seed, sizeof(seed));
	absorb(&times, sizeof(times));
	seeded_ns = ktime_ns() + 1;
	wipe(seed, sizeof(seed));
	return 0;
}

static long reseed_if_due(void)
{
	note_time();
	if (seeded_ns && ktime_ns() - seeded_ns < RESEED_NS)
		return 0;
	return reseed();
}

/* Fills `buf`, and replaces the key. The lock is held. */
static void generate(u8 *buf, size_t len)
{
	u32 block[CHACHA_BLOCK_WORDS];
	u32 next[CHACHA_KEY_WORDS];
	u32 counter = 0;
	size_t used = KEY_BYTES;

	chacha20_block(key, counter++, nonce, block);
	memcpy(next, block, KEY_BYTES);
	while (len) {
		size_t part;

		if (used == sizeof(block)) {
			chacha20_block(key, counter++, nonce, block);
			used = 0;
		}
		part = MIN(len, sizeof(block) - used);
		memcpy(buf, (u8 *)block + used, part);
		used += part;
		buf += part;
		len -= part;
	}
	memcpy(key, next, KEY_BYTES);
	wipe(block, sizeof(block));
	wipe(next, sizeof(next));
}

static long fill(u8 *buf, size_t len)
{
	long err;

	mutex_lock(&lock);
	err = reseed_if_due();
	if (!err)
		generate(buf, len);
	mutex_unlock(&lock);
	return err;
}

/* Fills `buf` with `len` random bytes: 0, -EINVAL (too many), -EIO (no seed). */
long random_bytes(void *buf, size_t len)
{
	if (len > REQUEST_MAX)
		return -EINVAL;
	return fill(buf, len);
}
SYMBOL_EXPORT(random_bytes);

/* ---- /dev/random, /dev/urandom ------------------------------------------ */

static long file_read(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	u8 chunk[CHUNK];
	u64 done = 0;
	long n = 0;

	while (done < len) {
		size_t part = (size_t)MIN(len - done, (u64)sizeof(chunk));

		n = fill(chunk, part);
		if (n < 0)
			break;
		n = ubuf_write(ubuf, off + done, chunk, part);
		if (n < 0)
			break;
		done += (u64)n;
		if ((size_t)n < part)
			break;
	}
	wipe(chunk, sizeof(chunk));
	return done ? (long)done : n;
}

/* What is written becomes part of the key. */
static long file_write(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	u8 chunk[CHUNK];
	u64 done = 0;
	long n = 0;

	while (done < len) {
		n = ubuf_read(ubuf, off + done, chunk, MIN(len - done, (u64)CHUNK));
		if (n <= 0)
			break;
		mutex_lock(&lock);
		note_time();
		absorb(chunk, (size_t)n);
		mutex_unlock(&lock);
		done += (u64)n;
	}
	return done ? (long)done : n;
}

static long file_ioctl(u64 number, u32 cmd, u64 arg, u32 ubuf)
{
	u32 bits = ENTROPY_BITS;
	long n;

	if (cmd != RNDGETENTCNT)
		return -ENOTTY;
	n = ubuf_write(ubuf, 0, &bits, sizeof(bits));
	if (n < 0)
		return n;
	return n == sizeof(bits) ? 0 : -EFAULT;
}

static long file_poll(u64 number)
{
	return FILE_POLLIN | FILE_POLLOUT;
}

static long file_release(u64 number)
{
	return 0;
}

static long publish(const char *name, u32 minor)
{
	struct file_open file = { .provider = provider, .flags = FILE_STREAM };

	return devfs_register(THIS_MODULE, name, RANDOM_MODE,
			      LINUX_MAKEDEV(MEM_MAJOR, minor), &file);
}

/*
 * getrandom(2). A signal ends it between two chunks; pending ones that are blocked
 * do, too, which nobody can tell from the others. Others may run there, too.
 */
static long call_getrandom(u64 user, u64 len, u64 flags, u64 d, u64 e, u64 f)
{
	u8 bytes[REQUEST_MAX];
	u64 done = 0;

	flags = (u32)flags;
	if (flags & ~(u64)(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE) ||
	    (flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	len = MIN(len, (u64)INT32_MAX);
	while (done < len) {
		u64 n = MIN(len - done, sizeof(bytes));
		long err = fill(bytes, n);

		if (!err && user_write(user + done, bytes, n))
			err = -EFAULT;
		if (err) {
			wipe(bytes, sizeof(bytes));
			return done ? (long)done : err;
		}
		done += n;
		if (done % INTERRUPT_BYTES)
			continue;
		if (process_signal_take(THIS_MODULE, ~0ul, false, &(struct linux_siginfo){ 0 }) > 0)
			break;
		time_sleep(THIS_MODULE, 0);
	}
	wipe(bytes, sizeof(bytes));
	return (long)done;
}

static long random_init(u32 flags)
{
	static const struct file_ops ops = {
		.read = file_read, .write = file_write, .ioctl = file_ioctl,
		.poll = file_poll, .release = file_release,
	};
	static const struct syscall_entry calls[] = { { SYSCALL_getrandom, call_getrandom } };
	long handle = provider_register(THIS_MODULE, &ops);
	long err;

	if (handle < 0)
		return handle;
	provider = (u32)handle;
	err = syscalls_register(calls, ARRAY_SIZE(calls));
	if (err < 0)
		return err;
	err = publish("random", MINOR_RANDOM);
	if (err < 0)
		return err;
	return publish("urandom", MINOR_URANDOM);
}

MODULE("random", .description = "random numbers",
       .init = random_init, .rank = RANK_DEVICE);
