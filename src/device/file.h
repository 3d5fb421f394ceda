/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICE_FILE_H
#define DEVICE_FILE_H

#include "device/device.h"

/*
 * The JSON device file: what a device is, for device_init(). Its keys stand in
 * docs/device-file.md. The parser is total: any bytes are a device that
 * device_init() takes, or are refused with a line that says where and why.
 */
#define DEVICE_FILE_MEAS     32u
#define DEVICE_FILE_MEAS_LEN 4096u /* bytes of all measurements */
#define DEVICE_FILE_LOG	     64u   /* entries */
#define DEVICE_FILE_ANCHORS  4u	   /* of requesters */
#define DEVICE_FILE_WHAT     256u  /* of a line of refusal, enough for all */

/* Plain storage; it points into itself, so it must not move once parsed, and
 * must outlive the device. */
struct device_file {
	char name[64];
	char identity[256]; /* folder; "": none is named */
	const struct device_profile *profile;
	uint8_t slots;	/* a bit for each certificate slot that is filled */
	bool asym_said; /* else what the identity's key can */
	/* All that a file can say of a configuration, and nothing else. */
	struct device_cfg cfg;
	struct spdm_measurement meas[DEVICE_FILE_MEAS];
	uint8_t meas_index[DEVICE_FILE_MEAS];
	uint8_t bytes[DEVICE_FILE_MEAS_LEN];
	size_t bytes_used;
	struct device_log_cfg log[DEVICE_FILE_LOG];
	uint8_t log_bytes[DEVICE_LOG_MAX];
	size_t log_used;
	/* Files that the program reads, beside this one: of cfg.psk those
	 * without a key, "": it has one; certificates for cfg.trust. */
	char psk_file[DEVICE_PSKS][256];
	char anchor[DEVICE_FILE_ANCHORS][256];
	unsigned anchors;
};

/* Whether there are files to read besides the identity. */
bool device_file_more(const struct device_file *f);

/*
 * device_file_parse() - read a device file
 * @text: its bytes, @len of them; NULL: the default device
 * @what: on an error, a line without newline: path of the value and reason
 *
 * Errors:   IL_E_FIELD  not JSON, or not a device file
 *           IL_E_NOMEM
 *           On an error *@f is undefined.
 */
enum il_err device_file_parse(struct device_file *f, const char *text,
			      size_t len, char *what, size_t what_cap) IL_MUST;

/*
 * device_file_apply() - fill a configuration
 *
 * Writes all but arena, crypto, env, link, object, key, tap, tdi_table,
 * powered, assume, long_lived, trust and the certificate slots of spdm: those
 * are the caller's, who also reads the files that are named.
 */
void device_file_apply(const struct device_file *f, struct device_cfg *cfg);

/* Puts @chain into each slot that the file fills. */
void device_file_slots(const struct device_file *f, struct device_cfg *cfg,
		       struct spdm_span chain);

#endif
