/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "cli/session.h"

/*
 * The file of expected measurements: what is read is written as the same
 * again; what is refused has said why in one line.
 */

static int load(const uint8_t *p, size_t n, struct cli *c,
		struct evidence_measurement *m, unsigned *count)
{
	int fd = memfd_create("expect", 0), ret;
	char path[64];

	must(fd >= 0 && write(fd, p, n) == (ssize_t)n);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ret = cli_measurements_read(c, path, m, count);
	close(fd);
	return ret;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct evidence_measurement m[EVIDENCE_MEAS_MAX] = { 0 };
	struct evidence_measurement again[EVIDENCE_MEAS_MAX] = { 0 };
	unsigned n = 0, k = 0;
	char *said = NULL, *text;
	size_t said_len = 0;
	struct cli c = { .err = open_memstream(&said, &said_len) };
	json_t *o;

	must(c.err != NULL);
	if (load(data, len, &c, m, &n)) {
		fflush(c.err);
		must(said_len > 0);
	} else {
		must(n > 0 && n <= EVIDENCE_MEAS_MAX);
		o = cli_measurements_json(m, n);
		text = json_dumps(o, JSON_COMPACT);
		must(text != NULL);
		must(!load((const uint8_t *)text, strlen(text), &c, again, &k));
		must(k <= n); /* one index twice is one */
		free(text);
		json_decref(o);
	}
	fclose(c.err);
	free(said);
	return 0;
}
