/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/keylog.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/bytes.h"

#define FILE_MAX (UINT64_C(16) << 20)

/* Names of the secrets: of one session, and of a list of sessions. */
static const struct {
	const char *one, *list;
	enum flow_secret k;
} names[] = {
	{ "dhe_secret", "dhe_secrets", FLOW_SECRET_DHE },
	{ "psk", NULL, FLOW_SECRET_PSK },
	{ "handshake_secret", "handshake_secrets", FLOW_SECRET_HANDSHAKE },
	{ "request_handshake_secret", "request_handshake_secrets",
	  FLOW_SECRET_REQ_HANDSHAKE },
	{ "response_handshake_secret", "response_handshake_secrets",
	  FLOW_SECRET_RSP_HANDSHAKE },
	{ "master_secret", "master_secrets", FLOW_SECRET_MASTER },
	{ "request_data_secret", "request_data_secrets", FLOW_SECRET_REQ_DATA },
	{ "response_data_secret", "response_data_secrets",
	  FLOW_SECRET_RSP_DATA },
};

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Hexadecimal text, at most @cap bytes of it; false: it is none. */
static bool unhex(const json_t *j, uint8_t *out, size_t cap, uint8_t *len)
{
	const char *s = json_string_value(j);
	const size_t n = s ? strlen(s) : 0;

	if (!s || n % 2 || n / 2 > cap)
		return false;
	for (size_t i = 0; i < n / 2; i++) {
		const int hi = nibble(s[2 * i]), lo = nibble(s[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	*len = (uint8_t)(n / 2);
	return true;
}

static struct keylog_entry *entry_new(struct keylog *k)
{
	if (k->n == k->cap) {
		const size_t cap = k->cap ? 2 * k->cap : 8;
		struct keylog_entry *e = calloc(cap, sizeof(*e));

		if (!e)
			return NULL;
		if (k->n)
			memcpy(e, k->e, k->n * sizeof(*e));
		if (k->e)
			bytes_wipe(k->e, k->n * sizeof(*e));
		free(k->e);
		k->e = e;
		k->cap = cap;
	}
	k->e[k->n] = (struct keylog_entry){ .named = false };
	return &k->e[k->n++];
}

/*
 * The latest entry of the session that is named; made if it is the first.
 * @anew: a handshake without random bytes begins another of the same id.
 */
static struct keylog_entry *entry_of(struct keylog *k, uint32_t id, bool psk,
				     const uint8_t *random, uint8_t len,
				     bool anew)
{
	struct keylog_entry *e;

	for (size_t i = k->n; i-- > 0 && !anew;) {
		e = &k->e[i];
		if (e->named && e->id == id && e->psk == psk &&
		    e->random_len == len && !memcmp(e->random, random, len))
			return e;
	}
	e = entry_new(k);
	if (!e)
		return NULL;
	e->named = true;
	e->psk = psk;
	e->id = id;
	e->random_len = len;
	memcpy(e->random, random, len);
	return e;
}

static const char *take_secrets(const json_t *o, struct keylog_entry *e)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		const json_t *v = json_object_get(o, names[i].one);

		if (v && !unhex(v, e->secrets.v[names[i].k], FLOW_SECRET_MAX,
				&e->secrets.len[names[i].k]))
			return names[i].one;
	}
	return NULL;
}

/* A line of our own log: what is known of one session. */
static const char *take_session(const json_t *o, struct keylog *k)
{
	const char *text = json_string_value(json_object_get(o, "session"));
	const char *kind = json_string_value(json_object_get(o, "kind"));
	const json_t *random = json_object_get(o, "random");
	uint8_t bytes[KEYLOG_RANDOM];
	uint8_t len = 0;
	unsigned long id;
	char *end;
	struct keylog_entry *e;

	if (!text)
		return "session";
	id = strtoul(text, &end, 16);
	if (end == text || *end || id > UINT32_MAX)
		return "session";
	if (random && !unhex(random, bytes, sizeof(bytes), &len))
		return "random";
	e = entry_of(k, (uint32_t)id, kind && !strcmp(kind, "psk"), bytes, len,
		     !len && json_object_get(o, "handshake_secret"));
	return e ? take_secrets(o, e) : "no memory";
}

/* Lists of secrets, in the order of the sessions. */
static const char *take_lists(const json_t *o, struct keylog *k)
{
	size_t n = 0;

	for (size_t i = 0; i < COUNT(names); i++) {
		const json_t *v = names[i].list
					  ? json_object_get(o, names[i].list)
					  : NULL;

		if (v && !json_is_array(v))
			return names[i].list;
		if (json_array_size(v) > n)
			n = json_array_size(v);
	}
	for (size_t s = 0; s < n; s++) {
		struct keylog_entry *e = entry_new(k);

		if (!e)
			return "no memory";
		for (size_t i = 0; i < COUNT(names); i++) {
			const json_t *v =
				names[i].list
					? json_array_get(
						  json_object_get(
							  o, names[i].list),
						  s)
					: NULL;

			if (v &&
			    !unhex(v, e->secrets.v[names[i].k], FLOW_SECRET_MAX,
				   &e->secrets.len[names[i].k]))
				return names[i].list;
		}
	}
	return NULL;
}

/* What is wrong with @o, or NULL. */
static const char *take(const json_t *o, struct keylog *k)
{
	const json_t *psk = json_object_get(o, "psk_hex");

	if (!json_is_object(o))
		return "an object was expected";
	if (psk && !unhex(psk, k->psk, sizeof(k->psk), &k->psk_len))
		return "psk_hex";
	return json_object_get(o, "session") ? take_session(o, k)
					     : take_lists(o, k);
}

/* One object after the other, up to the end of the file. */
static int parse(struct cli *c, const char *path, const char *text, size_t len,
		 struct keylog *out)
{
	size_t at = 0;

	for (;;) {
		json_error_t err;
		const char *wrong;
		json_t *o;

		at += strspn(text + at, " \t\r\n");
		if (at >= len)
			return 0;
		o = json_loadb(text + at, len - at, JSON_DISABLE_EOF_CHECK,
			       &err);
		if (!o)
			return cli_fail(c, "keys %s: %s", path, err.text);
		wrong = take(o, out);
		json_decref(o);
		if (wrong)
			return cli_fail(c, "keys %s: %s: not as it should be",
					path, wrong);
		at += (size_t)err.position;
	}
}

int cli_keylog_read(struct cli *c, const char *path, struct keylog *out)
{
	uint8_t *p = NULL;
	size_t n = 0;
	int ret;

	memset(out, 0, sizeof(*out));
	ret = cli_read(c, "keys", path, FILE_MAX, &p, &n);
	if (ret)
		return ret;
	ret = parse(c, path, (const char *)p, n, out);
	bytes_wipe(p, n);
	free(p);
	if (ret)
		cli_keylog_free(out);
	return ret;
}

void cli_keylog_free(struct keylog *k)
{
	if (k->e)
		bytes_wipe(k->e, k->n * sizeof(*k->e));
	free(k->e);
	bytes_wipe(k, sizeof(*k));
}

/* --- written --- */

int cli_keylog_open(struct cli *c, struct cli_keylog *k, const char *path)
{
	int fd;

	*k = (struct cli_keylog){ .path = path };
	if (!path)
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	/* A file that was there may be open to others: close it first. */
	if (fd >= 0 && (fchmod(fd, 0600) || ftruncate(fd, 0))) {
		close(fd);
		fd = -1;
	}
	k->f = fd < 0 ? NULL : fdopen(fd, "w");
	if (k->f)
		return 0;
	if (fd >= 0)
		close(fd);
	return cli_fail(c, "key log %s: %s", path, strerror(errno));
}

static void secret(FILE *f, const char *name, const uint8_t *p, size_t n)
{
	fprintf(f, ", \"%s\": \"", name);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%02x", p[i]);
	fputc('"', f);
}

void cli_keylog_note(void *ctx, const struct spdm_key_note *n)
{
	const struct cli_keylog *k = ctx;
	const struct spdm_keys *s = n->keys;
	const size_t len = s->hash_len;

	fprintf(k->f,
		"{\"session\": \"%08x\", \"kind\": \"%s\", "
		"\"version\": \"%u.%u\"",
		n->session_id, n->psk ? "psk" : "key_exchange",
		(unsigned)s->version >> 4, s->version & 0xfu);
	if (n->data) {
		secret(k->f, "master_secret", s->master, len);
		secret(k->f, "request_data_secret", s->data_dir[SPDM_DIR_REQ],
		       len);
		secret(k->f, "response_data_secret", s->data_dir[SPDM_DIR_RSP],
		       len);
	} else {
		secret(k->f, "handshake_secret", s->handshake, len);
		secret(k->f, "request_handshake_secret",
		       s->hs_dir[SPDM_DIR_REQ], len);
		secret(k->f, "response_handshake_secret",
		       s->hs_dir[SPDM_DIR_RSP], len);
	}
	fputs("}\n", k->f);
	/* Whoever ends the program keeps what was said so far. */
	(void)fflush(k->f);
}

int cli_keylog_close(struct cli *c, struct cli_keylog *k)
{
	bool bad;

	if (!k->f)
		return 0;
	bad = ferror(k->f);
	bad |= fclose(k->f) != 0;
	k->f = NULL;
	return bad ? cli_fail(c, "key log %s: not written whole", k->path) : 0;
}
