/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "device/file.h"
#include "device/lspci.h"

/* Any text is a device file that we take, or is refused with a line. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct device_lspci l;
	static struct device_file f;
	char what[DEVICE_FILE_WHAT] = "";
	enum il_err err = device_lspci_read(&l, (const char *)data, len, what,
					    sizeof(what));

	if (err) {
		must(err == IL_E_FIELD && what[0]);
		return 0;
	}
	must(!l.notes_len || l.notes[l.notes_len - 1] == '\n');
	must(strlen(l.notes) == l.notes_len);
	must(device_file_parse(&f, l.json, strlen(l.json), what,
			       sizeof(what)) == IL_OK);
	return 0;
}
