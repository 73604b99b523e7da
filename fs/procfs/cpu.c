/* SPDX-License-Identifier: MIT */
/*
 * /proc/cpuinfo: what CPUID says (Intel's manual, volume 2, CPUID), in Linux's
 * order and with Linux's names.
 */
#include "internal.h"

#define LEAF_FEATURES 1
#define LEAF_MORE_FEATURES 7
#define LEAF_EXTENDED 0x80000000
#define LEAF_EXTENDED_FEATURES 0x80000001
#define LEAF_MODEL 0x80000002
#define LEAF_SIZES 0x80000008
#define MODEL_LEAVES 3
#define OSXSAVE (1u << 27)	/* ECX of LEAF_FEATURES: XSAVE is in use */

enum { EAX, EBX, ECX, EDX, REGISTERS };

struct feature_word {
	u32 leaf, reg;
	const char *const *names;	/* 32; NULL: not shown, "*": only with XSAVE in use */
};

static const char *const names_1_edx[32] = {
	"fpu", "vme", "de", "pse", "tsc", "msr", "pae", "mce", "cx8", "apic", NULL,
	"sep", "mtrr", "pge", "mca", "cmov", "pat", "pse36", "pn", "clflush", NULL,
	"dts", "acpi", "mmx", "fxsr", "sse", "sse2", "ss", "ht", "tm", "ia64", "pbe",
};
static const char *const names_ext_edx[32] = {
	[11] = "syscall", [19] = "mp", [20] = "nx", [22] = "mmxext", [25] = "fxsr_opt",
	[26] = "pdpe1gb", [27] = "rdtscp", [29] = "lm", [30] = "3dnowext", [31] = "3dnow",
};
static const char *const names_1_ecx[32] = {
	"pni", "pclmulqdq", "dtes64", "monitor", "ds_cpl", "vmx", "smx", "est", "tm2",
	"ssse3", "cid", "sdbg", "*fma", "cx16", "xtpr", "pdcm", NULL, "pcid", "dca",
	"sse4_1", "sse4_2", "x2apic", "movbe", "popcnt", "tsc_deadline_timer", "aes",
	"*xsave", NULL, "*avx", "*f16c", "rdrand", "hypervisor",
};
static const char *const names_ext_ecx[32] = {
	"lahf_lm", "cmp_legacy", "svm", "extapic", "cr8_legacy", "abm", "sse4a",
	"misalignsse", "3dnowprefetch", "osvw", "ibs", "*xop",
};
static const char *const names_7_ebx[32] = {
	"fsgsbase", "tsc_adjust", "sgx", "bmi1", "hle", "*avx2", NULL, "smep", "bmi2",
	"erms", "invpcid", "rtm", "cqm", NULL, "mpx", "rdt_a", "*avx512f", "*avx512dq",
	"rdseed", "adx", "smap", "*avx512ifma", NULL, "clflushopt", "clwb", "intel_pt",
	NULL, NULL, "*avx512cd", "sha_ni", "*avx512bw", "*avx512vl",
};
static const char *const names_7_ecx[32] = {
	[2] = "umip", [3] = "pku", [4] = "ospke", [8] = "gfni", [9] = "*vaes",
	[10] = "*vpclmulqdq", [16] = "la57", [22] = "rdpid",
};

static const struct feature_word words[] = {
	{ LEAF_FEATURES, EDX, .names = names_1_edx },
	{ LEAF_EXTENDED_FEATURES, EDX, .names = names_ext_edx },
	{ LEAF_FEATURES, ECX, .names = names_1_ecx },
	{ LEAF_EXTENDED_FEATURES, ECX, .names = names_ext_ecx },
	{ LEAF_MORE_FEATURES, EBX, .names = names_7_ebx },
	{ LEAF_MORE_FEATURES, ECX, .names = names_7_ecx },
};

static void cpuid(u32 leaf, u32 r[REGISTERS])
{
	__asm__ volatile("cpuid" : "=a"(r[EAX]), "=b"(r[EBX]), "=c"(r[ECX]), "=d"(r[EDX])
			 : "a"(leaf), "c"(0));
}

static bool leaf_exists(u32 leaf)
{
	u32 r[REGISTERS];

	cpuid(leaf & LEAF_EXTENDED, r);
	return r[EAX] >= leaf;
}

static void put_flags(struct text *t)
{
	u32 first[REGISTERS], r[REGISTERS];

	cpuid(LEAF_FEATURES, first);
	text_puts(t, "flags\t\t:");
	for (u32 i = 0; i < ARRAY_SIZE(words); i++) {
		if (!leaf_exists(words[i].leaf))
			continue;
		cpuid(words[i].leaf, r);
		for (u32 bit = 0; bit < 32; bit++) {
			const char *name = words[i].names[bit];

			if (!name || !(r[words[i].reg] & (1u << bit)))
				continue;
			if (*name == '*' && !(first[ECX] & OSXSAVE))
				continue;
			text_printf(t, " %s", name + (*name == '*'));
		}
	}
	text_puts(t, "\nbugs\t\t:\n");
}

static void put_names(struct text *t)
{
	u32 r[REGISTERS], top, family, model;
	char vendor[13] = "", name[MODEL_LEAVES * sizeof(r) + 1] = "";

	cpuid(0, r);
	top = r[EAX];
	memcpy(vendor, &r[EBX], 4);
	memcpy(vendor + 4, &r[EDX], 4);
	memcpy(vendor + 8, &r[ECX], 4);
	for (u32 i = 0; i < MODEL_LEAVES && leaf_exists(LEAF_MODEL + i); i++) {
		cpuid(LEAF_MODEL + i, r);
		memcpy(name + i * sizeof(r), r, sizeof(r));
	}
	cpuid(LEAF_FEATURES, r);
	family = r[EAX] >> 8 & 0xf;
	model = r[EAX] >> 4 & 0xf;
	if (family == 6 || family == 15)
		model |= r[EAX] >> 12 & 0xf0;
	if (family == 15)
		family += r[EAX] >> 20 & 0xff;
	text_printf(t, "processor\t: 0\nvendor_id\t: %s\ncpu family\t: %u\nmodel\t\t: %u\n"
		    "model name\t: %s\nstepping\t: %u\n", vendor, family, model,
		    name, r[EAX] & 0xf);
	text_printf(t, "physical id\t: 0\nsiblings\t: 1\ncore id\t\t: 0\ncpu cores\t: 1\n"
		    "apicid\t\t: %u\ninitial apicid\t: %u\nfpu\t\t: yes\n"
		    "fpu_exception\t: yes\ncpuid level\t: %u\nwp\t\t: yes\n",
		    r[EBX] >> 24, r[EBX] >> 24, top);
}

void show_cpuinfo(struct text *t, const struct subject *s)
{
	struct system_info i = { .tsc_khz = 0 };
	u32 r[REGISTERS], line;

	put_names(t);
	(void)!system_info_get(&i);
	text_printf(t, "cpu MHz\t\t: %lu.%03lu\n", i.tsc_khz / 1000, i.tsc_khz % 1000);
	put_flags(t);
	cpuid(LEAF_FEATURES, r);
	line = (r[EBX] >> 8 & 0xff) * 8;
	text_printf(t, "bogomips\t: %lu.%02lu\nclflush size\t: %u\ncache_alignment\t: %u\n",
		    i.tsc_khz * 2 / 1000, i.tsc_khz * 2 % 1000 / 10, line, line);
	if (leaf_exists(LEAF_SIZES)) {
		cpuid(LEAF_SIZES, r);
		text_printf(t, "address sizes\t: %u bits physical, %u bits virtual\n",
			    r[EAX] & 0xff, r[EAX] >> 8 & 0xff);
	}
	text_puts(t, "power management:\n\n");
}
