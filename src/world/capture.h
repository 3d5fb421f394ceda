/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_CAPTURE_H
#define WORLD_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Captures of a world: the packets on its link (DLT_USER0), and the DOE
 * objects that crossed it (link type 292). Written through libpcap.
 */
struct pcap;
struct pcap_dumper;

struct world_pcap {
	struct pcap *p;
	struct pcap_dumper *d;
	uint64_t packets;
};

struct world_capture {
	struct world_pcap link;
	struct world_pcap doe;
};

#define WORLD_DLT_LINK 147
#define WORLD_DLT_MCTP 291
#define WORLD_DLT_DOE  292

/* Errors: IL_E_IO  the file cannot be written */
enum il_err world_pcap_open(struct world_pcap *c, const char *path,
			    int dlt) IL_MUST;
void world_pcap_put(struct world_pcap *c, uint64_t now_ns, const uint8_t *p,
		    size_t len);
/* Whoever ends the program keeps what was captured so far. */
void world_pcap_flush(struct world_pcap *c);
/* Errors: IL_E_IO  what was captured did not reach the file */
enum il_err world_pcap_close(struct world_pcap *c) IL_MUST;

#endif
