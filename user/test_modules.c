// SPDX-License-Identifier: MIT
/*
 * test_modules: init_module(2), finit_module(2) and delete_module(2), with the
 * sample module hello, which the build packs for programs to load. Error numbers
 * are Linux's.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "ktap.h"

#define FLAG_IGNORE_VERSIONS 1
#define FLAG_COMPRESSED 4
#define DEVICE "/dev/hello"
#define ROUNDS 30

static char path[256];
static unsigned char *object;	/* a copy of the file */
static size_t size;

static long init_module(const void *image, unsigned long len, const char *params)
{
	return syscall(SYS_init_module, image, len, params);
}

static long finit_module(int fd, const char *params, int flags)
{
	return syscall(SYS_finit_module, fd, params, flags);
}

static long delete_module(const char *name, unsigned int flags)
{
	return syscall(SYS_delete_module, name, flags);
}

static void read_object(void)
{
	struct utsname uts;
	struct stat st;
	int fd;

	uname(&uts);
	snprintf(path, sizeof(path), "/lib/modules/%s/kernel/samples/hello/hello.ko",
		 uts.release);
	fd = open(path, O_RDONLY);
	if (fd < 0 || fstat(fd, &st))
		FAIL("%s: errno %d", path, errno);
	size = (size_t)st.st_size;
	object = malloc(size);
	CHECK_EQ(read(fd, object, size), (long)size);
	close(fd);
}

/* What the parameter was set to is in /sys. */
static void parameter_is_shown(void)
{
	char text[64] = "";
	int fd, n = 0;
	struct dirent *e;
	DIR *d;

	mkdir("/sys", 0755);
	mount("sysfs", "/sys", "sysfs", 0, "");
	fd = open("/sys/module/hello/parameters/text", O_RDONLY);
	CHECK(fd >= 0);
	CHECK(read(fd, text, sizeof(text) - 1) > 0);
	CHECK(strcmp(text, "a text\n") == 0);
	close(fd);
	CHECK_FAILS(open("/sys/module/hello/parameters/none", O_RDONLY), ENOENT);
	CHECK_FAILS(open("/sys/module/hello/parameters/text", O_WRONLY), EACCES);
	d = opendir("/sys/module/hello/parameters");
	CHECK(d != NULL);
	while ((e = readdir(d)))
		n += e->d_name[0] == '.' ? 0 : strcmp(e->d_name, "text") ? 10 : 1;
	closedir(d);
	CHECK_EQ(n, 1);
	CHECK_EQ(chdir("/sys/module/hello/parameters/.."), 0);
	CHECK_EQ(access("refcnt", R_OK), 0);
	CHECK_EQ(chdir("/"), 0);
	CHECK_EQ(umount("/sys"), 0);
}

static const char *device_says(void)
{
	static char text[300];
	int fd = open(DEVICE, O_RDONLY);
	long n = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static int is_listed(const char *what)
{
	static char text[65536];
	int fd = open("/proc/modules", O_RDONLY);
	long n, len = 0;

	while ((n = read(fd, text + len, sizeof(text) - 1 - (size_t)len)) > 0)
		len += n;
	close(fd);
	text[len] = '\0';
	return strstr(text, what) != NULL;
}

static void not_privileged(void)
{
	CHECK_EQ(setuid(1000), 0);
	CHECK_FAILS(init_module(path, 4096, ""), EPERM);
	CHECK_FAILS(finit_module(-1, "", -1), EPERM);
	CHECK_FAILS(delete_module(NULL, 0), EPERM);
}

static void init_errors(void)
{
	read_object();
	CHECK_FAILS(init_module(NULL, 10, ""), ENOEXEC);
	CHECK_FAILS(init_module(NULL, 4096, ""), EFAULT);
	CHECK_FAILS(init_module(object, (unsigned long)-1, ""), ENOMEM);
	CHECK_FAILS(init_module(path, 200, ""), ENOEXEC);
	CHECK_FAILS(init_module(object, size, (char *)8), EFAULT);
	CHECK(!is_listed("hello "));
}

static void finit_errors(void)
{
	int fd, pipes[2];

	CHECK_FAILS(finit_module(-1, "", 0), EBADF);
	CHECK_FAILS(finit_module(-1, "", 0x80), EINVAL);
	read_object();
	fd = open(path, O_RDONLY);
	CHECK_FAILS(finit_module(fd, "", FLAG_IGNORE_VERSIONS), ENOEXEC);
	CHECK_FAILS(finit_module(fd, "", FLAG_COMPRESSED), EOPNOTSUPP);
	CHECK_FAILS(finit_module(fd, (char *)8, 0), EFAULT);
	close(fd);
	CHECK_EQ(pipe(pipes), 0);
	CHECK_FAILS(finit_module(pipes[0], "", 0), EINVAL);
	fd = open("/", O_RDONLY);
	CHECK_FAILS(finit_module(fd, "", 0), EINVAL);
	close(fd);
	fd = open("/empty.ko", O_CREAT | O_RDWR, 0600);
	CHECK_FAILS(finit_module(fd, "", 0), EINVAL);
	close(fd);
	fd = open("/empty.ko", O_WRONLY);
	CHECK_FAILS(finit_module(fd, "", 0), EBADF);
	close(fd);
	unlink("/empty.ko");
}

static void delete_errors(void)
{
	CHECK_FAILS(delete_module("nothing", O_NONBLOCK), ENOENT);
	CHECK_FAILS(delete_module("a name that is longer than any module's", 0), ENOENT);
	CHECK_FAILS(delete_module(NULL, 0), EFAULT);
	CHECK_FAILS(delete_module("vfs", O_NONBLOCK), EBUSY);
	CHECK_FAILS(delete_module("vfs", O_NONBLOCK | O_TRUNC), EBUSY);
}

static void load_and_unload(void)
{
	int fd, device;

	read_object();
	fd = open(path, O_RDONLY);
	CHECK_EQ(finit_module(fd, "text=\"a text\" nothing=1", 0), 0);
	CHECK(is_listed("hello "));
	parameter_is_shown();
	CHECK(strcmp(device_says(), "a text") == 0);
	CHECK_FAILS(finit_module(fd, "", 0), EEXIST);
	CHECK_FAILS(init_module(object, size, ""), EEXIST);
	device = open(DEVICE, O_RDWR);
	CHECK(device >= 0);
	CHECK(is_listed(" 1 "));
	CHECK_FAILS(delete_module("hello", O_NONBLOCK), EWOULDBLOCK);
	CHECK_FAILS(delete_module("hello", 0), EWOULDBLOCK);
	CHECK_EQ(write(device, "other", 5), 5);
	close(device);
	CHECK(strcmp(device_says(), "other") == 0);
	CHECK_EQ(delete_module("hello", O_NONBLOCK), 0);
	CHECK(!is_listed("hello "));
	CHECK_FAILS(open(DEVICE, O_RDONLY), ENOENT);
	CHECK_FAILS(delete_module("hello", O_NONBLOCK), ENOENT);
	/* What it kept is gone with it. */
	CHECK_EQ(init_module(object, size, ""), 0);
	CHECK(strcmp(device_says(), "Hello from a module.\n") == 0);
	CHECK_EQ(delete_module("hello", 0), 0);
}

static void broken_objects(void)
{
	char params[400];
	unsigned char *name;

	read_object();
	for (size_t len = 64; len < size; len += 333)
		CHECK_FAILS(init_module(object, len, ""), ENOEXEC);
	memset(params, 'x', sizeof(params) - 1);
	memcpy(params, "text=", 5);
	params[sizeof(params) - 1] = '\0';
	CHECK_FAILS(init_module(object, size, params), EINVAL);
	/* An import that nobody exports. */
	for (name = object; (name = memmem(name, size - (size_t)(name - object),
					   "devfs_register", 15)); )
		*name = 'D';
	CHECK_FAILS(init_module(object, size, ""), ENOENT);
	CHECK(!is_listed("hello "));
}

static void wrong_version(void)
{
	static const char texts[] = "core\0devfs";
	unsigned char *strings, *version;

	read_object();
	strings = memmem(object, size, texts, sizeof(texts));
	CHECK(strings);
	/* The table of imports ends where their texts begin, with a version. */
	version = strings - 8;
	*version ^= 1;
	CHECK_FAILS(init_module(object, size, ""), EINVAL);
	*version ^= 1;
	CHECK_EQ(init_module(object, size, ""), 0);
	CHECK_EQ(delete_module("hello", 0), 0);
}

static long free_kib(void)
{
	char text[512] = "", *at;
	int fd = open("/proc/meminfo", O_RDONLY);

	CHECK(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	at = strstr(text, "MemFree:");
	CHECK(at);
	return atol(at + 8);
}

/* Nothing is left behind: also of what was refused. */
static void leaves_nothing(void)
{
	long before = 0;

	read_object();
	for (int i = 0; i < ROUNDS; i++) {
		if (i == 2)
			before = free_kib();
		CHECK_EQ(init_module(object, size, "text=again"), 0);
		CHECK_FAILS(init_module(object, size, ""), EEXIST);
		CHECK(strcmp(device_says(), "again") == 0);
		CHECK_EQ(delete_module("hello", O_NONBLOCK), 0);
		CHECK_FAILS(init_module(object, size / 2, ""), ENOEXEC);
	}
	/* A page or two may be kept by allocators' caches. */
	CHECK(before - free_kib() < 32);
}

static const struct ktap_test tests[] = {
	TEST(not_privileged), TEST(init_errors), TEST(finit_errors), TEST(delete_errors),
	TEST(load_and_unload), TEST(broken_objects), TEST(wrong_version),
	TEST(leaves_nothing),
};

int main(int argc, char **argv)
{
	mkdir("/proc", 0755);
	mount("proc", "/proc", "proc", 0, "");
	mkdir("/dev", 0755);
	if (access("/dev/zero", F_OK))
		mount("dev", "/dev", "devtmpfs", 0, "");
	return ktap_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
