/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_SHARE_H
#define TEST_SHARE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

/*
 * Tests of many cases run in full in a plain build, and one case in so many
 * with sanitizers, which ones by a seed of the day. FAMILY_SHARE in the
 * environment is that number for any build; ./dev soak sets it to 1.
 */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

static inline uint64_t share_of(uint64_t sanitized)
{
	const char *env = getenv("FAMILY_SHARE");

	if (env)
		return strtoull(env, NULL, 0);
	return SANITIZED ? sanitized : 1;
}

static inline uint64_t share_seed(uint64_t plain)
{
	return SANITIZED ? (uint64_t)time(NULL) : plain;
}

#endif
