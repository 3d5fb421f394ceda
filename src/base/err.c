/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/err.h"

const char *il_err_name(enum il_err err)
{
	switch (err) {
	case IL_OK:
		return "ok";
	case IL_E_ARG:
		return "argument";
	case IL_E_STATE:
		return "state";
	case IL_E_SPACE:
		return "space";
	case IL_E_SHORT:
		return "short";
	case IL_E_LONG:
		return "long";
	case IL_E_FIELD:
		return "field";
	case IL_E_AUTH:
		return "auth";
	case IL_E_PEER:
		return "peer";
	case IL_E_AGAIN:
		return "again";
	case IL_E_TIMEOUT:
		return "timeout";
	case IL_E_NOMEM:
		return "memory";
	case IL_E_RANDOM:
		return "random";
	case IL_E_IO:
		return "io";
	}
	return "unknown";
}
