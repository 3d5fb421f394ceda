/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_RP_GLUE_H
#define WORLD_RP_GLUE_H

/*
 * The root ports of the fabric as a TSM core asks for them, on every platform;
 * the context is the world.
 */
extern const struct rp_keys world_rp_keys;

#endif
