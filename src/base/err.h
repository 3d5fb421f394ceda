/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_ERR_H
#define BASE_ERR_H

/*
 * The one list of errors. It says who is to blame; the trace says what was
 * wrong. A new code needs a caller that acts on it.
 */
enum il_err {
	IL_OK = 0,

	/* The caller. Nothing has changed. */
	IL_E_ARG,   /* value outside the documented range */
	IL_E_STATE, /* good call, wrong state */
	IL_E_SPACE, /* output buffer too small */

	/* The peer. Its bytes are not to be trusted further. */
	IL_E_SHORT, /* message ends early */
	IL_E_LONG,  /* message has bytes left over */
	IL_E_FIELD, /* a field has a value the spec forbids */
	IL_E_AUTH,  /* signature, MAC or nonce does not verify */
	IL_E_PEER,  /* peer answered with an error of its own */

	/* The world. Trying again may help. */
	IL_E_AGAIN,
	IL_E_TIMEOUT,
	IL_E_NOMEM,
	IL_E_RANDOM,
	IL_E_IO,
};

#define IL_MUST __attribute__((warn_unused_result))

/* A short lower-case word for @err, such as "auth"; never NULL. */
const char *il_err_name(enum il_err err);

#endif
