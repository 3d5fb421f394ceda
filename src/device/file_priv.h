/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICE_FILE_PRIV_H
#define DEVICE_FILE_PRIV_H

#include "device/file.h"
#include "device/file_json.h"

/* A number that goes into the configuration. */
#define FN_NUM(key, field, lo, hi) \
	FJ_NUM(key, false, device_file, cfg.field, lo, hi)

/* Readers of the parts of a file, @to is the struct device_file. */
void file_functions(struct fj *j, json_t *v, void *to);
void file_ide(struct fj *j, json_t *v, void *to);
void file_tdisp(struct fj *j, json_t *v, void *to);
void file_spdm(struct fj *j, json_t *v, void *to);
void file_doe(struct fj *j, json_t *v, void *to);
void file_provision(struct fj *j, json_t *v, void *to);

void file_psk(struct fj *j, json_t *v, void *to);
void file_requesters(struct fj *j, json_t *v, void *to);
uint32_t file_asym_words(struct fj *j, json_t *v);
/* Complains of what would not show on a terminal. */
void file_plain(struct fj *j, const char *s);

/* What can be said once all was read: sizes that depend on each other. */
void file_finish(struct fj *j, struct device_file *f);
void file_finish_prov(struct fj *j, const struct device_file *f);
void file_finish_own(struct fj *j, struct device_file *f);

#endif
