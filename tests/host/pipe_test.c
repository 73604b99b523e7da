/* SPDX-License-Identifier: MIT */
/* Pipes and FIFOs, and a reset of their module at every point of an operation. */
#include "fs_ops.h"

#define PIPE_SIZE 65536
#define CHUNK_BYTES_OF_TEST 4096

/* ---- pipes -------------------------------------------------------------- */

static void test_pipe(void **state)
{
	static char big[PIPE_SIZE + 5000], back[PIPE_SIZE + 5000];
	struct file_open r, w;
	u32 wakes, count = 0, ubuf;

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7 + i / 251);
	assert_int_equal(pipe_create(&r, &w), 0);
	assert_int_equal(r.wait, w.wait);
	assert_int_equal(file_poll(&r), 0);
	assert_int_equal(file_poll(&w), FILE_POLLOUT);
	assert_int_equal(file_read(&r, back, 10), -EAGAIN);
	wakes = shim_wait_count(r.wait);
	assert_int_equal(file_write(&w, "hello", 5), 5);
	assert_int_equal(shim_wait_count(r.wait), wakes + 1);
	/* It was polled: an edge-triggered watcher hears of each write. */
	assert_int_equal(file_write(&w, " you", 4), 4);
	assert_int_equal(shim_wait_count(r.wait), wakes + 2);
	ubuf = shim_ubuf(&count, sizeof(count), SHIM_UBUF_WRITE);
	assert_int_equal(shim_provider(r.provider)->ioctl(r.number, FIONREAD, 0, ubuf), 0);
	shim_ubufs_end();
	assert_int_equal(count, 9);
	assert_int_equal(file_poll(&r), FILE_POLLIN);
	assert_int_equal(file_read(&r, back, 100), 9);
	assert_memory_equal(back, "hello you", 9);

	/* Full: a large write is cut, a small one is whole or waits. */
	assert_int_equal(file_write(&w, big, sizeof(big)), PIPE_SIZE);
	assert_int_equal(file_write(&w, big, 1), -EAGAIN);
	assert_int_equal(file_poll(&w), 0);
	wakes = shim_wait_count(r.wait);
	assert_int_equal(file_read(&r, back, 1000), 1000);
	assert_int_equal(shim_wait_count(r.wait), wakes + 1);
	assert_int_equal(file_write(&w, big + PIPE_SIZE, 1001), -EAGAIN);
	assert_int_equal(file_write(&w, big + PIPE_SIZE, 1000), 1000);
	assert_int_equal(file_read(&r, back + 1000, PIPE_SIZE), PIPE_SIZE);
	assert_memory_equal(back, big, PIPE_SIZE + 1000);

	file_write(&w, "end", 3);
	file_close(&w);
	assert_int_equal(file_poll(&r), FILE_POLLIN | FILE_POLLHUP);
	assert_int_equal(file_read(&r, back, 100), 3);
	assert_int_equal(file_read(&r, back, 100), 0);
	assert_int_equal(file_poll(&r), FILE_POLLHUP);
	file_close(&r);
	assert_int_equal(file_read(&r, back, 1), -EIO);

	assert_int_equal(pipe_create(&r, &w), 0);
	file_close(&r);
	assert_int_equal(file_poll(&w), FILE_POLLOUT | FILE_POLLERR);
	assert_int_equal(file_write(&w, "x", 1), -EPIPE);
	file_close(&w);
	assert_int_equal(shim_handles(shim_module("pipe"), HANDLE_WAIT), 0);
}

/* Random sizes through a pipe: what goes in comes out. */
static void test_pipe_random(void **state)
{
	static u8 buf[80000];
	struct random r = { env_number("SEED", 1) };
	struct file_open in, out;
	u64 written = 0, seen = 0;
	long n;

	assert_int_equal(pipe_create(&out, &in), 0);
	for (u32 round = 0; round < 3000; round++) {
		size_t len = 1 + random_below(&r, random_below(&r, 4) ? 5000 : 80000);

		if (random_below(&r, 2)) {
			for (size_t i = 0; i < len; i++)
				buf[i] = (u8)((written + i) * 31 >> 3);
			n = file_write(&in, buf, len);
			assert_true(n == -EAGAIN || n > 0);
			assert_true(n == (long)len || len > 4096 || n == -EAGAIN);
			written += n > 0 ? (u64)n : 0;
		} else {
			n = file_read(&out, buf, len);
			assert_true(n == -EAGAIN ? written == seen : n > 0);
			for (long i = 0; i < n; i++)
				assert_int_equal(buf[i], (u8)((seen + (u64)i) * 31 >> 3));
			seen += n > 0 ? (u64)n : 0;
		}
		assert_true(written - seen <= PIPE_SIZE);
	}
	file_close(&in);
	file_close(&out);
}

static struct vfs_opened opened_there;
static long open_result;

static void open_for_writing(void *arg)
{
	open_result = open_at("/p", O_WRONLY, &opened_there);
}

static void test_fifo(void **state)
{
	struct vfs_opened o, p;
	char buf[10];

	assert_int_equal(vfs_mknod(VFS_ROOT, VFS_ROOT, "/p", S_IFIFO | 0644, 0), 0);
	assert_int_equal(open_at("/p", O_WRONLY | O_NONBLOCK, &o), -ENXIO);
	assert_int_equal(open_at("/p", O_RDONLY | O_NONBLOCK, &o), 0);
	assert_int_equal(file_poll(&o.file), 0);
	assert_int_equal(file_read(&o.file, buf, 10), 0);
	assert_int_equal(open_at("/p", O_WRONLY, &p), 0);
	assert_int_equal(file_write(&p.file, "text", 4), 4);
	file_close(&p.file);
	vfs_release(p.node);
	assert_int_equal(file_read(&o.file, buf, 10), 4);
	file_close(&o.file);
	vfs_release(o.node);

	/* Each waits for the other. */
	shim_thread_start(open_for_writing, NULL);
	assert_int_equal(open_at("/p", O_RDONLY, &o), 0);
	shim_threads_join();
	assert_int_equal(open_result, 0);
	assert_int_equal(o.file.wait, opened_there.file.wait);
	file_close(&o.file);
	file_close(&opened_there.file);
	vfs_release(o.node);
	vfs_release(opened_there.node);
	assert_int_equal(open_at("/p", O_RDWR, &o), 0);
	file_close(&o.file);
	vfs_release(o.node);
	assert_int_equal(shim_handles(shim_module("pipe"), HANDLE_WAIT), 0);
}

/* An operation of this thread, run for the first time or again. */
static void test_pipe_reset(void **state)
{
	static u8 big[PIPE_SIZE], back[PIPE_SIZE];
	struct file_open r, w;

	for (u32 i = 0; i < sizeof(big); i++)
		big[i] = (u8)(i * 7 >> 2);
	assert_int_equal(pipe_create(&r, &w), 0);
	assert_int_equal(file_write(&w, big, 60000), 60000);
	assert_int_equal(file_read(&r, back, 50000), 50000);
	assert_int_equal(file_write(&w, big, 50000), 50000);
	assert_int_equal(shim_reset("pipe"), 0);
	assert_int_equal(file_poll(&r), FILE_POLLIN);
	assert_int_equal(file_read(&r, back, PIPE_SIZE), 60000);
	assert_memory_equal(back, big + 50000, 10000);
	assert_memory_equal(back + 10000, big, 50000);
	file_close(&w);
	assert_int_equal(shim_reset("pipe"), 0);
	assert_int_equal(file_read(&r, back, 1), 0);
	file_close(&r);
	assert_int_equal(file_read(&r, back, 1), -EIO);
	assert_int_equal(shim_handles(shim_module("pipe"), HANDLE_WAIT), 0);
}

#define LEFT_OP 77		/* the operation that is left in the middle */

static struct file_open left_r, left_w;
static u8 left_buf[2 * PIPE_SIZE];
static u32 left_size;
static long left_result;

static void left_write(void *arg)
{
	left_result = file_write(&left_w, left_buf, left_size);
}

static void left_read(void *arg)
{
	left_result = file_read(&left_r, left_buf, left_size);
}

static void left_close(void *arg)
{
	left_result = shim_provider(left_w.provider)->release(left_w.number);
}

/* Leaves `op` at each event in turn, resets, runs it again: it was done once. */
static void pipe_left(void (*op)(void *arg), u32 before, u32 size)
{
	static u8 bytes[PIPE_SIZE], back[2 * PIPE_SIZE];
	bool left = true;

	for (u32 i = 0; i < sizeof(bytes); i++)
		bytes[i] = (u8)(i * 13 >> 1);
	for (u32 at = 1; left; at++) {
		u64 seen = 0;

		op_set(0, false);
		assert_int_equal(pipe_create(&left_r, &left_w), 0);
		if (before)
			assert_int_equal(file_write(&left_w, bytes, before), before);
		memcpy(left_buf, bytes, sizeof(bytes));
		left_size = size;
		op_set(LEFT_OP + at, false);
		left = shim_crash_at(at, op, NULL);
		if (left) {
			shim_ubufs_end();
			shim_reset_image("pipe");
			assert_int_equal(shim_recover("pipe"), 0);
			op_set(LEFT_OP + at, true);
			op(NULL);
		}
		op_set(0, false);
		if (op == left_read) {
			assert_int_equal(left_result, MIN(before, size));
			assert_memory_equal(left_buf, bytes, left_result);
			seen = (u64)left_result;
		}
		assert_int_equal(file_read(&left_r, back, sizeof(back)),
				 op == left_read && before == seen ? -EAGAIN :
				 op == left_read ? (long)(before - seen) :
				 op == left_write ? (long)(before + size) : (long)before);
		if (op == left_read && before > seen)
			assert_memory_equal(back, bytes + seen, before - seen);
		if (op == left_write) {
			assert_int_equal(left_result, size);
			assert_memory_equal(back, bytes, before);
			assert_memory_equal(back + before, bytes, size);
		}
		if (op == left_close)
			assert_int_equal(file_read(&left_r, back, 1), 0);
		else
			file_close(&left_w);
		file_close(&left_r);
		assert_int_equal(shim_handles(shim_module("pipe"), HANDLE_WAIT), 0);
		assert_true(at < 3000);
	}
}

static void test_pipe_left_anywhere(void **state)
{
	pipe_left(left_write, 0, 1);
	pipe_left(left_write, 40, 30);
	pipe_left(left_write, 4090, 20);
	pipe_left(left_read, 1, 10);
	pipe_left(left_read, 10000, 5000);
	pipe_left(left_read, 10000, 20000);
	pipe_left(left_close, 5, 0);
}

static long write_packet(const void *buf, size_t len)
{
	u32 ubuf = shim_ubuf((void *)(u64)buf, len, SHIM_UBUF_READ);
	long n = shim_provider(left_w.provider)->write(left_w.number, ubuf, 0, len, 0, O_DIRECT);

	shim_ubufs_end();
	return n;
}

static void left_packet(void *arg)
{
	left_result = write_packet(left_buf, left_size);
}

static void left_take(void *arg)
{
	left_result = file_read(&left_r, left_buf, left_size);
}

/* The same for packets, behind bytes or a packet. */
static void packet_left(u32 before, u32 size, bool packet)
{
	static u8 bytes[2 * CHUNK_BYTES_OF_TEST], back[PIPE_SIZE];
	bool left = true;

	for (u32 i = 0; i < sizeof(bytes); i++)
		bytes[i] = (u8)(i * 11);
	for (u32 at = 1; left; at++) {
		op_set(0, false);
		assert_int_equal(pipe_create(&left_r, &left_w), 0);
		assert_int_equal(packet ? write_packet(bytes, before) :
				 file_write(&left_w, bytes, before), before);
		memcpy(left_buf, bytes, sizeof(bytes));
		left_size = size;
		op_set(LEFT_OP + at, false);
		left = shim_crash_at(at, left_packet, NULL);
		if (left) {
			shim_ubufs_end();
			shim_reset_image("pipe");
			assert_int_equal(shim_recover("pipe"), 0);
			op_set(LEFT_OP + at, true);
			left_packet(NULL);
		}
		op_set(0, false);
		assert_int_equal(left_result, size);
		if (packet)
			assert_int_equal(file_read(&left_r, back, sizeof(back)), before);
		assert_int_equal(file_read(&left_r, back, sizeof(back)),
				 packet ? size : before + size);
		assert_memory_equal(back + (packet ? 0 : before), bytes, size);
		assert_int_equal(file_read(&left_r, back, 1), -EAGAIN);
		/* Bytes come behind as before. */
		assert_int_equal(file_write(&left_w, bytes, 10), 10);
		assert_int_equal(file_read(&left_r, back, sizeof(back)), 10);
		file_close(&left_w);
		file_close(&left_r);
		assert_true(at < 3000);
	}
}

/* A packet that a read cuts goes as a whole, also when the read is run again. */
static void packet_cut(void)
{
	bool left = true;
	char back[8];

	for (u32 at = 1; left; at++) {
		op_set(0, false);
		assert_int_equal(pipe_create(&left_r, &left_w), 0);
		assert_int_equal(write_packet("first", 5), 5);
		assert_int_equal(write_packet("next", 4), 4);
		left_size = 2;
		op_set(LEFT_OP + at, false);
		left = shim_crash_at(at, left_take, NULL);
		if (left) {
			shim_ubufs_end();
			shim_reset_image("pipe");
			assert_int_equal(shim_recover("pipe"), 0);
			op_set(LEFT_OP + at, true);
			left_take(NULL);
		}
		op_set(0, false);
		assert_int_equal(left_result, 2);
		assert_memory_equal(left_buf, "fi", 2);
		assert_int_equal(file_read(&left_r, back, sizeof(back)), 4);
		assert_memory_equal(back, "next", 4);
		file_close(&left_w);
		file_close(&left_r);
		assert_true(at < 3000);
	}
}

static void test_packets_left_anywhere(void **state)
{
	packet_left(4090, 20, false);
	packet_left(5, 7, true);
	packet_left(4096, 300, true);
	packet_cut();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_pipe, start_root),
		cmocka_unit_test_setup(test_pipe_random, start_root),
		cmocka_unit_test_setup(test_fifo, start_root),
		cmocka_unit_test_setup(test_pipe_reset, start_root),
		cmocka_unit_test_setup(test_pipe_left_anywhere, start_root),
		cmocka_unit_test_setup(test_packets_left_anywhere, start_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
