/* SPDX-License-Identifier: BSD-2-Clause */
/* tools/check-layers over a tree of planted files. */
#include "check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bits.h"

static const struct {
	const char *path;
	const char *text;
	const char *word; /* that is refused; NULL: nothing is */
} files[] = {
	/* a core, in a comment, in an identifier, in a text */
	{ "src/mem/a.c", "/* as the RMP has it */\n", "RMP" },
	{ "src/mem/b.c", "int rmpupdate(void);\n", "rmpupdate" },
	{ "src/mem/c.c", "static int own_asid;\n", "asid" },
	{ "src/iommu/a.c", "const char *s = \"AMD IOMMU\";\n", "AMD" },
	{ "src/iommu/b.h", "bool vtom_en;\n", "vtom" },
	{ "src/fabric/a.c", "/* a realm's */\n", "realm" },
	{ "src/tsm/a.c", "/* PSP */\n", "PSP" },
	{ "src/tsm/b.c", "#define SEV_MAX 1\n", "SEV" },
	{ "src/tsm/c.c", "/* what TF-RMM does */\n", "TF-RMM" },
	{ "src/dsm/a.c", "/* TDX-like */\n", "TDX" },
	{ "src/device/a.c", "/* SEAMCALL */\n", "SEAMCALL" },
	{ "src/evidence/a.c", "void covg_get(void);\n", "covg" },
	{ "src/guest/a.c", "/* pvalidate */\n", "pvalidate" },
	{ "src/guest/b.c", "/* through the GHCB */\n", "GHCB" },
	{ "src/vmm/a.c", "/* S-EPT */\n", "S-EPT" },
	{ "src/vmm/b.c", "/* in VMPL0 */\n", "VMPL0" },
	{ "src/host/kvm/a.c", "/* arch/x86/kvm */\n", "x86" },
	{ "src/host/tsm/a.c", "/* RISC-V has none */\n", "RISC-V" },
	{ "src/host/pci/a.c", "/* no SMMU */\n", "SMMU" },
	{ "src/spdm/a.c", "/* Intel's */\n", "Intel" },
	{ "src/emu/a.c", "/* of RMM */\n", "RMM" },
	{ "src/lib/a.c", "/* CoVE */\n", "CoVE" },
	{ "src/judge/a.c", "/* TDVMCALL */\n", "TDVMCALL" },
	{ "include/interlock/a.h", "/* CCA */\n", "CCA" },
	/* one architecture's folder, another's words */
	{ "src/arch/sev_tio/a.c", "/* as RMI does */\n", "RMI" },
	{ "src/arch/cca/a.c", "/* as the PSP does */\n", "PSP" },
	{ "src/arch/tdx/a.c", "/* as COVH does */\n", "COVH" },
	{ "src/arch/cove/a.c", "/* as TDH does */\n", "TDH" },
	{ "src/arch/cove/b.c", "static int snp;\n", "snp" },
	/* where they may be named */
	{ "src/arch/sev_tio/b.c", "/* SNP: RMP, VMPL, x86 */\n", NULL },
	{ "src/arch/cca/b.c", "/* RMM: RIPAS, SMMU, VMID, EL3 */\n", NULL },
	{ "src/arch/tdx/b.c", "/* SEAMCALL, S-EPT, VT-d, Intel */\n", NULL },
	{ "src/arch/cove/c.c", "/* COVH, RISC-V, SBI, ASID */\n", NULL },
	{ "src/world/a.c", "/* SEV-TIO, CCA, TDX, CoVE */\n", NULL },
	{ "src/cli/a.c", "/* SEV-TIO */\n", NULL },
	{ "src/host/uapi/a.h", "#define KVM_X86_SNP_VM 4\n", NULL },
	/* words that only look like them */
	{ "src/mem/d.c", "static int x = 0x86, cover, armed;\n", NULL },
	{ "src/device/b.c", "/* a seam; arm() a watch; 1 MiB granules */\n",
	  NULL },
	{ "src/crypto/a.c", "/* intel-ipsec-mb */\n", NULL },
	/* and the ranks */
	{ "src/mem/e.c", "#include \"tsm/tsm.h\"\n", "tsm/tsm.h" },
	{ "src/tsm/tsm.h", "", NULL },
};

static char top[] = "/tmp/layers-XXXXXX";

static void plant(const char *path, const char *text)
{
	char full[256];
	FILE *f;

	snprintf(full, sizeof(full), "%s/%s", top, path);
	for (char *s = strchr(full + strlen(top) + 1, '/'); s;
	     s = strchr(s + 1, '/')) {
		*s = '\0';
		(void)mkdir(full, 0700);
		*s = '/';
	}
	f = fopen(full, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* Its exit status; what it says goes to @text. */
static int layers(char *text, size_t cap)
{
	int p[2], status;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(p), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(p[1], STDOUT_FILENO);
		execl(TOOL, TOOL, top, NULL);
		_exit(99);
	}
	close(p[1]);
	while ((n = read(p[0], text + len, cap - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	close(p[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void each_word_is_refused_outside_its_folder(void **unused)
{
	static char text[1 << 16];
	char want[128];

	(void)unused;
	for (size_t i = 0; i < COUNT(files); i++)
		plant(files[i].path, files[i].text);
	assert_int_equal(layers(text, sizeof(text)), 1);
	for (size_t i = 0; i < COUNT(files); i++) {
		snprintf(want, sizeof(want), "%s:", files[i].path);

		const char *at = strstr(text, want);

		if (!files[i].word) {
			if (at)
				fail_msg("%s is refused", files[i].path);
			continue;
		}
		if (!at)
			fail_msg("%s is not refused", files[i].path);
		snprintf(want, sizeof(want), "%.*s", (int)strcspn(at, "\n"),
			 at);
		if (!strstr(want, files[i].word))
			fail_msg("%s: not for %s", want, files[i].word);
	}
}

static void a_tree_without_them_is_well(void **unused)
{
	static char text[1 << 16];

	(void)unused;
	for (size_t i = 0; i < COUNT(files); i++)
		plant(files[i].path, files[i].word ? "" : files[i].text);
	assert_int_equal(layers(text, sizeof(text)), 0);
	assert_int_equal(strncmp(text, "ok layers:", 10), 0);
}

static int setup(void **unused)
{
	(void)unused;
	return mkdtemp(top) ? 0 : -1;
}

/* Files, then folders from the inside out. */
static int teardown(void **unused)
{
	char full[256];

	(void)unused;
	for (int pass = 0; pass < 5; pass++)
		for (size_t i = 0; i < COUNT(files); i++) {
			snprintf(full, sizeof(full), "%s/%s", top,
				 files[i].path);
			for (int up = 0; up < pass; up++)
				*strrchr(full, '/') = '\0';
			if (strlen(full) > strlen(top))
				(void)remove(full);
		}
	return rmdir(top);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_word_is_refused_outside_its_folder),
		cmocka_unit_test(a_tree_without_them_is_well),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
