// SPDX-License-Identifier: MIT
/* poweroff: powers the machine off; with `reboot` it starts it again. */
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	sync();
	if (argc > 1 && strcmp(argv[1], "reboot") == 0)
		reboot(RB_AUTOBOOT);
	else
		reboot(RB_POWER_OFF);
	perror("reboot");
	return 1;
}
