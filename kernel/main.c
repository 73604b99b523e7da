/* SPDX-License-Identifier: MIT */
/*
 * kernel_main(): the start, from where arch/x86/boot/ has made the machine
 * ordinary to the first program. The boot code becomes the idle thread; the
 * first thread (id 1) starts the modules and becomes the first program.
 */
#include <boot.h>
#include <boundary.h>
#include <ktest.h>
#include <log.h>
#include <measure.h>
#include <modules.h>
#include <process.h>
#include <sched.h>
#include <string.h>
#include <thread.h>
#include <timer.h>

#define INIT_PATH_MAX 256
#define INIT_DEFAULT "/init"

static void init_main(void *arg)
{
	static char path[INIT_PATH_MAX];
	int stage = boottrace_begin("modules", "");

	modules_start();
	boottrace_end(stage);
	ktest_run();
	measure_run();
	boottrace_begin("init", "");
	if (!cmdline_find("init", path, sizeof(path)) || !path[0])
		strlcpy(path, INIT_DEFAULT, sizeof(path));
	process_start_init(path);
}

/*
 * Starts the core's parts in order, then the first thread, and idles. Called on
 * the boot stack with interrupts off, after traps, frames and views are set up.
 */
__noreturn void kernel_main(void)
{
	struct thread *init;
	int stage = boottrace_begin("arch", "");

	boottrace_end(stage);
	stage = boottrace_begin("core", "");
	log_init();
	sched_init();
	time_init();
	boundary_init();
	init = thread_create_core("init", init_main, NULL, PRIORITY_USER);
	if (!init)
		panic("no memory for the first thread");
	boottrace_end(stage);
	thread_start(init);
	sched_idle();
}
