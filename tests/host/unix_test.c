/* SPDX-License-Identifier: MIT */
/*
 * UNIX sockets: every operation is left at each point where it writes to what
 * survives, the module is reset, and the call is run again, as the core does:
 * it must have happened once. Then damage: what cannot be right is thrown away,
 * and the rest goes on.
 */
#include "test.h"

#include <socket.h>
#include <vfs.h>
#include <whitix/poll.h>

#define LARGE 9000		/* more than two blocks */
#define EVENTS_MAX 4000

static const struct socket_ops *ops;
static const struct file_ops *fops;
static u64 last_op;

/* One call of an operation. */
struct call {
	long (*op)(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
	u64 number, a, b;
	u32 flags;
	struct {
		void *data;
		size_t len;
		u32 flags;
	} buffer[4];
	long result;
};

static void call_run(void *arg)
{
	struct call *c = arg;
	u32 first = 0;

	shim_ubufs_end();
	for (u32 i = 0; i < 4 && c->buffer[i].flags; i++) {
		u32 u = shim_ubuf(c->buffer[i].data, c->buffer[i].len, c->buffer[i].flags);

		if (!i)
			first = u;
	}
	c->result = c->op(c->number, first, c->a, c->b, c->flags);
}

static void op_next(void)
{
	shim_context()->op = ++last_op;
	shim_context()->rerun = 0;
}

static void tables_get(void)
{
	ops = shim_socket_ops(AF_UNIX);
	fops = shim_provider(shim_socket_provider(AF_UNIX));
}

/*
 * Runs a call and leaves it at event `at`, which may be past its end: then it is
 * run again after a reset. True: it was left.
 */
static bool call_crashed(struct call *c, u32 at)
{
	bool left;

	op_next();
	left = at && shim_crash_at(at, call_run, c);
	if (left) {
		assert_int_equal(shim_reset("unix"), 0);
		tables_get();
		shim_context()->rerun = 1;
		call_run(c);
		shim_context()->rerun = 0;
	}
	if (!at)
		call_run(c);
	return left;
}

static long call(struct call c)
{
	call_crashed(&c, 0);
	return c.result;
}

#define IN(p, n) { (void *)(p), n, SHIM_UBUF_READ }
#define OUT(p, n) { p, n, SHIM_UBUF_WRITE }
#define BOTH(p, n) { p, n, SHIM_UBUF_READ | SHIM_UBUF_WRITE }
#define CALL(what, ...) ((struct call){ .op = ops->what, __VA_ARGS__ })

static long send_to(u64 s, const void *data, size_t len)
{
	return call(CALL(send, .number = s, .a = len, .flags = MSG_DONTWAIT,
			 .buffer = { IN(data, len) }));
}

static long recv_from(u64 s, void *data, size_t len, u32 flags)
{
	return call(CALL(recv, .number = s, .a = len, .flags = MSG_DONTWAIT | flags,
			 .buffer = { OUT(data, len) }));
}

/* The number under which the core is to open a socket that was made. */
static u64 opened(long number, bool other)
{
	struct file_open fo = { 0 };

	assert_true(number > 0);
	assert_int_equal(ops->open((u64)number, other, &fo), 0);
	assert_int_equal(fo.provider, shim_socket_provider(AF_UNIX));
	return fo.number;
}

static void make_pair(u32 type, u64 s[2])
{
	long first = call(CALL(pair, .a = type));

	s[0] = opened(first, false);
	s[1] = opened(first, true);
}

static u64 make_one(u32 type)
{
	return opened(call(CALL(create, .a = type)), false);
}

static void close_one(u64 s)
{
	op_next();
	assert_int_equal(fops->release(s), 0);
}

static u32 waits(void)
{
	return shim_handles(shim_module("unix"), HANDLE_WAIT);
}

static u32 files(void)
{
	return shim_handles(shim_module("unix"), HANDLE_FILE);
}

static void expect_bytes(u64 s, const void *data, size_t len)
{
	static u8 got[LARGE + 100];

	assert_int_equal((u32)recv_from(s, got, sizeof(got), 0), len);
	assert_memory_equal(got, data, len);
}

static void expect_nothing(u64 s)
{
	u8 c;

	assert_int_equal(recv_from(s, &c, 1, 0), -EAGAIN);
}

static u8 large[LARGE];

static int setup(void **state)
{
	shim_clear();
	shim_context()->tid = 7;
	shim_context()->pid = 7;
	assert_int_equal(shim_start_all(), 0);
	for (u32 i = 0; i < LARGE; i++)
		large[i] = (u8)(i * 13 + i / 256);
	tables_get();
	return 0;
}

/* Runs `test` with a crash at every event; it says whether there was one. */
static void everywhere(bool (*test)(u32 at))
{
	u32 at = 1;

	for (bool left = true; left && at < EVENTS_MAX; at++) {
		setup(NULL);
		left = test(at);
	}
	assert_in_range(at, 3, EVENTS_MAX - 1);
}

/* ---- each operation ---------------------------------------------------- */

static bool crash_send(u32 at)
{
	u64 s[2];
	struct call c;
	bool left;

	make_pair(SOCK_STREAM, s);
	assert_int_equal(send_to(s[0], "before", 6), 6);
	c = CALL(send, .number = s[0], .a = 5, .buffer = { IN("hello", 5) });
	left = call_crashed(&c, at);
	assert_int_equal(c.result, 5);
	expect_bytes(s[1], "beforehello", 11);
	expect_nothing(s[1]);
	assert_int_equal(send_to(s[0], "after", 5), 5);
	expect_bytes(s[1], "after", 5);
	return left;
}

static void test_send(void **state)
{
	everywhere(crash_send);
}

static bool crash_send_large(u32 at)
{
	u64 s[2];
	struct call c;
	bool left;

	make_pair(SOCK_SEQPACKET, s);
	c = CALL(send, .number = s[0], .a = LARGE, .buffer = { IN(large, LARGE) });
	/* Most of its events are copies of the data. */
	left = call_crashed(&c, at * 97);
	assert_int_equal(c.result, LARGE);
	expect_bytes(s[1], large, LARGE);
	expect_nothing(s[1]);
	return left;
}

static void test_send_large(void **state)
{
	everywhere(crash_send_large);
}

static bool crash_recv(u32 at)
{
	u64 s[2];
	u8 buf[8];
	struct call c;
	bool left;

	make_pair(SOCK_STREAM, s);
	assert_int_equal(send_to(s[0], "first", 5), 5);
	assert_int_equal(send_to(s[0], "second", 6), 6);
	c = CALL(recv, .number = s[1], .a = 7, .buffer = { OUT(buf, 7) });
	left = call_crashed(&c, at);
	assert_int_equal(c.result, 7);
	assert_memory_equal(buf, "firstse", 7);
	expect_bytes(s[1], "cond", 4);
	expect_nothing(s[1]);
	return left;
}

static void test_recv(void **state)
{
	everywhere(crash_recv);
}

static bool crash_recv_packet(u32 at)
{
	u64 s[2];
	u8 buf[8];
	struct call c;
	bool left;

	make_pair(SOCK_DGRAM, s);
	assert_int_equal(send_to(s[0], "first", 5), 5);
	assert_int_equal(send_to(s[0], "second", 6), 6);
	c = CALL(recv, .number = s[1], .a = 8, .buffer = { OUT(buf, 8) });
	left = call_crashed(&c, at);
	assert_int_equal(c.result, 5);
	expect_bytes(s[1], "second", 6);
	expect_nothing(s[1]);
	return left;
}

static void test_recv_packet(void **state)
{
	everywhere(crash_recv_packet);
}

/* A reset may leave one wait object behind: made, and not noted yet. */
static bool crash_create(u32 at)
{
	struct call c = CALL(create, .a = SOCK_STREAM);
	bool left = call_crashed(&c, at);
	u64 s = opened(c.result, false);
	u32 spare = waits() - 1;

	assert_in_range(spare, 0, left);
	assert_int_equal(fops->poll(s), POLLOUT | POLLWRBAND | POLLHUP);
	close_one(s);
	assert_int_equal(waits(), spare);
	return left;
}

static void test_create(void **state)
{
	everywhere(crash_create);
}

static bool crash_pair(u32 at)
{
	struct call c = CALL(pair, .a = SOCK_STREAM);
	bool left = call_crashed(&c, at);
	u64 s[2] = { opened(c.result, false), opened(c.result, true) };
	u32 spare = waits() - 2;

	assert_in_range(spare, 0, left);
	assert_int_equal(send_to(s[0], "x", 1), 1);
	expect_bytes(s[1], "x", 1);
	assert_int_equal(send_to(s[1], "y", 1), 1);
	expect_bytes(s[0], "y", 1);
	close_one(s[0]);
	close_one(s[1]);
	assert_int_equal(waits(), spare);
	return left;
}

static void test_pair(void **state)
{
	everywhere(crash_pair);
}

static const u8 abstract[] = { AF_UNIX, 0, 0, 'n', 'a', 'm', 'e' };

static u64 make_listener(void)
{
	u64 s = make_one(SOCK_STREAM);

	assert_int_equal(call(CALL(bind, .number = s, .a = sizeof(abstract),
				   .buffer = { IN(abstract, sizeof(abstract)) })), 0);
	assert_int_equal(call(CALL(listen, .number = s, .a = 5)), 0);
	return s;
}

static long accept_from(u64 listener, u64 *number)
{
	long ret = call(CALL(accept, .number = listener, .flags = MSG_DONTWAIT));

	if (ret > 0)
		*number = opened(ret, false);
	return MIN(ret, 0l);
}

static bool crash_connect(u32 at)
{
	u64 listener = make_listener(), s = make_one(SOCK_STREAM), other;
	struct call c = CALL(connect, .number = s, .a = sizeof(abstract),
			     .buffer = { IN(abstract, sizeof(abstract)) });
	bool left = call_crashed(&c, at);

	assert_int_equal(c.result, 0);
	assert_int_equal(send_to(s, "early", 5), 5);
	assert_int_equal(accept_from(listener, &other), 0);
	expect_bytes(other, "early", 5);
	assert_int_equal(send_to(other, "back", 4), 4);
	expect_bytes(s, "back", 4);
	assert_int_equal(accept_from(listener, &other), -EAGAIN);
	return left;
}

static void test_connect(void **state)
{
	everywhere(crash_connect);
}

static bool crash_accept(u32 at)
{
	u64 listener = make_listener(), s[2], other;
	struct call c;
	bool left;

	for (u32 i = 0; i < 2; i++) {
		s[i] = make_one(SOCK_STREAM);
		assert_int_equal(call(CALL(connect, .number = s[i], .a = sizeof(abstract),
					   .buffer = { IN(abstract, sizeof(abstract)) })), 0);
	}
	c = CALL(accept, .number = listener);
	left = call_crashed(&c, at);
	assert_int_equal(accept_from(listener, &other), 0);
	assert_int_equal(send_to(s[0], "one", 3), 3);
	assert_int_equal(send_to(s[1], "two", 3), 3);
	expect_bytes(opened(c.result, false), "one", 3);
	expect_bytes(other, "two", 3);
	assert_int_equal(accept_from(listener, &other), -EAGAIN);
	return left;
}

static void test_accept(void **state)
{
	everywhere(crash_accept);
}

static bool crash_bind(u32 at)
{
	u64 s = make_one(SOCK_DGRAM), other = make_one(SOCK_DGRAM);
	struct call c = CALL(bind, .number = s, .a = sizeof(abstract),
			     .buffer = { IN(abstract, sizeof(abstract)) });
	bool left = call_crashed(&c, at);
	u8 buf[8];

	assert_int_equal(c.result, 0);
	assert_int_equal(call(CALL(bind, .number = other, .a = sizeof(abstract),
				   .buffer = { IN(abstract, sizeof(abstract)) })), -EADDRINUSE);
	assert_int_equal(call(CALL(sendmsg, .number = other, .a = 1, .b = sizeof(abstract),
				   .buffer = { IN("x", 1), IN(abstract, sizeof(abstract)) })), 1);
	assert_int_equal(recv_from(s, buf, 8, 0), 1);
	return left;
}

static void test_bind(void **state)
{
	everywhere(crash_bind);
}

/* ---- files ------------------------------------------------------------- */

struct control {
	struct linux_cmsghdr h;
	s32 fd[2];
};

static struct call send_files(u64 s, struct control *control)
{
	*control = (struct control){
		.h = { sizeof(*control), SOL_SOCKET, SCM_RIGHTS }, .fd = { 3, 4 },
	};
	return CALL(sendmsg, .number = s, .a = 5, .b = (u64)sizeof(*control) << 32,
		    .buffer = { IN("files", 5), IN("", 0), IN(control, sizeof(*control)) });
}

static bool crash_send_files(u32 at)
{
	struct control control;
	u64 s[2];
	struct call c;
	bool left;

	make_pair(SOCK_STREAM, s);
	c = send_files(s[0], &control);
	left = call_crashed(&c, at);
	assert_int_equal(c.result, 5);
	assert_int_equal(files(), 2);
	expect_bytes(s[1], "files", 5);
	assert_int_equal(files(), 0);
	return left;
}

static void test_send_files(void **state)
{
	everywhere(crash_send_files);
}

static bool crash_recv_files(u32 at)
{
	struct control control, got = { 0 };
	struct linux_msghdr header = { 0 };
	u64 s[2];
	u8 buf[8];
	struct call c;
	bool left;

	make_pair(SOCK_STREAM, s);
	assert_int_equal(call(send_files(s[0], &control)), 5);
	c = CALL(recvmsg, .number = s[1], .a = 8, .b = (u64)sizeof(got) << 32,
		 .buffer = { OUT(buf, 8), OUT("", 0), OUT(&got, sizeof(got)),
			     OUT(&header, sizeof(header)) });
	left = call_crashed(&c, at);
	assert_int_equal(c.result, SOCKET_ENOUGH(5));
	assert_int_equal(header.controllen, sizeof(got));
	assert_int_equal(got.h.len, sizeof(got));
	assert_int_equal(got.h.type, SCM_RIGHTS);
	assert_int_equal(files(), 0);
	expect_nothing(s[1]);
	return left;
}

static void test_recv_files(void **state)
{
	everywhere(crash_recv_files);
}

static void release_run(void *arg)
{
	fops->release(*(u64 *)arg);
}

static bool crash_close(u32 at)
{
	struct control control;
	u64 s[2];
	u8 c;
	bool left;

	make_pair(SOCK_STREAM, s);
	assert_int_equal(call(send_files(s[0], &control)), 5);
	assert_int_equal(send_to(s[0], "more", 4), 4);
	op_next();
	left = shim_crash_at(at, release_run, &s[1]);
	if (left) {
		assert_int_equal(shim_reset("unix"), 0);
		tables_get();
		release_run(&s[1]);
	}
	assert_int_equal(files(), 0);
	assert_int_equal(waits(), 1);
	assert_int_equal(fops->poll(s[0]) & (POLLERR | POLLHUP), POLLERR | POLLHUP);
	assert_int_equal(recv_from(s[0], &c, 1, 0), -ECONNRESET);
	assert_int_equal(recv_from(s[0], &c, 1, 0), 0);
	assert_int_equal(send_to(s[0], "x", 1), -EPIPE);
	close_one(s[0]);
	assert_int_equal(waits(), 0);
	return left;
}

static void test_close(void **state)
{
	everywhere(crash_close);
}

/* ---- much at random ---------------------------------------------------- */

/* A stream with crashes at random carries every byte once, in order. */
static void test_random_crashes(void **state)
{
	struct random rnd = { env_number("SEED", 1) };
	u64 rounds = env_runs("ROUNDS", 1500), s[2];
	u32 sent = 0, got = 0;
	static u8 buf[6000];

	make_pair(SOCK_STREAM, s);
	for (u64 i = 0; i < rounds; i++) {
		bool sends = random_below(&rnd, 2);
		u32 len = 1 + random_below(&rnd, sizeof(buf));
		u32 at = random_below(&rnd, 3) ? 0 : 1 + random_below(&rnd, 60);
		struct call c;

		for (u32 k = 0; sends && k < len; k++)
			buf[k] = (u8)((sent + k) * 7 + (sent + k) / 251);
		c = sends ? CALL(send, .number = s[0], .a = len, .flags = MSG_DONTWAIT,
				 .buffer = { IN(buf, len) }) :
			    CALL(recv, .number = s[1], .a = len, .flags = MSG_DONTWAIT,
				 .buffer = { OUT(buf, len) });
		call_crashed(&c, at);
		if (c.result == -EAGAIN)
			continue;
		assert_in_range(c.result, 1, len);
		if (sends) {
			sent += (u32)c.result;
			continue;
		}
		for (u32 k = 0; k < c.result; k++)
			assert_int_equal(buf[k], (u8)((got + k) * 7 + (got + k) / 251));
		got += (u32)c.result;
	}
	assert_true(got > 100000);
	assert_false(shim_log_has("damaged"));
}

static u64 page_list[64], npages;

static void page_note(u64 addr, u64 len)
{
	for (u64 at = 0; at < len && npages < 64; at += PAGE_SIZE)
		page_list[npages++] = addr + at;
}

/* Wild writes into what survives, then a reset: no fault, and it goes on. */
static void test_damage(void **state)
{
	struct random rnd = { env_number("SEED", 1) };
	u64 rounds = env_runs("ROUNDS", 300), s[2];
	u8 buf[64];

	for (u64 i = 0; i < rounds; i++) {
		setup(NULL);
		make_pair(SOCK_STREAM, s);
		make_listener();
		for (u32 k = 0; k < 4; k++)
			send_to(s[0], "some bytes", 10);
		npages = 0;
		shim_heap_each_persistent(page_note);
		for (u32 k = 0; k < 8; k++) {
			u64 *page = (u64 *)page_list[random_below(&rnd, (u32)npages)];

			page[random_below(&rnd, 512)] ^= 1ull << random_below(&rnd, 64);
		}
		assert_int_equal(shim_reset("unix"), 0);
		tables_get();
		recv_from(s[1], buf, sizeof(buf), 0);
		send_to(s[0], "x", 1);
		close_one(s[0]);
		close_one(s[1]);
		make_pair(SOCK_DGRAM, s);
		assert_int_equal(send_to(s[0], "new", 3), 3);
		expect_bytes(s[1], "new", 3);
	}
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup(fn, setup)
	static const struct CMUnitTest tests[] = {
		TEST(test_send), TEST(test_send_large), TEST(test_recv),
		TEST(test_recv_packet), TEST(test_create), TEST(test_pair),
		TEST(test_connect), TEST(test_accept), TEST(test_bind),
		TEST(test_send_files), TEST(test_recv_files), TEST(test_close),
		TEST(test_random_crashes), TEST(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
