/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <stdio.h>

#include "fuzz.h"

/* Each file of the folders named, once. */

#define INPUT_MAX 65536

static int replay(const char *folder, const char *name)
{
	uint8_t *data = malloc(INPUT_MAX), *exact;
	char path[1024];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "rb");
	if (!f || !data) {
		fprintf(stderr, "%s: cannot be read\n", path);
		free(data);
		return 1;
	}
	n = fread(data, 1, INPUT_MAX, f);
	fclose(f);
	/* of its own length, so that a sanitizer sees a step beyond it */
	exact = malloc(n ? n : 1);
	if (exact) {
		memcpy(exact, data, n);
		LLVMFuzzerTestOneInput(exact, n);
	}
	free(exact);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned n = 0;

	for (int i = 1; i < argc; i++) {
		DIR *d = opendir(argv[i]);
		struct dirent *e;

		while (d && (e = readdir(d)) != NULL) {
			if (e->d_name[0] == '.')
				continue;
			if (replay(argv[i], e->d_name))
				return 1;
			n++;
		}
		if (d)
			closedir(d);
	}
	printf("%u inputs\n", n);
	return n ? 0 : 1;
}
