/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/capture.h"

#include <pcap/pcap.h>
#include <stdio.h>

#define SNAP 65535

/*
 * libpcap knows link types only up to those of its own release, and reads the
 * rest all the same. The file is opened as one that it knows and its header
 * then says what is in it: a 32-bit word at byte 20, in the byte order of the
 * machine that writes. Source: draft-ietf-opsawg-pcap, file header
 */
#define LINKTYPE_AT 20

static enum il_err name_link_type(pcap_dumper_t *d, uint32_t type)
{
	FILE *f = pcap_dump_file(d);

	if (fflush(f) || fseek(f, LINKTYPE_AT, SEEK_SET) ||
	    fwrite(&type, sizeof(type), 1, f) != 1 || fseek(f, 0, SEEK_END))
		return IL_E_IO;
	return IL_OK;
}

enum il_err world_pcap_open(struct world_pcap *c, const char *path, int dlt)
{
	pcap_t *p = pcap_open_dead_with_tstamp_precision(
		DLT_USER0, SNAP, PCAP_TSTAMP_PRECISION_NANO);
	pcap_dumper_t *d;

	if (!p)
		return IL_E_NOMEM;
	d = pcap_dump_open(p, path);
	if (!d) {
		pcap_close(p);
		return IL_E_IO;
	}
	*c = (struct world_pcap){ .p = p, .d = d };
	if (name_link_type(d, (uint32_t)dlt) == IL_OK)
		return IL_OK;
	pcap_dump_close(d);
	pcap_close(p);
	*c = (struct world_pcap){ 0 };
	return IL_E_IO;
}

void world_pcap_put(struct world_pcap *c, uint64_t now_ns, const uint8_t *p,
		    size_t len)
{
	struct pcap_pkthdr h;

	if (!c->d)
		return;
	h = (struct pcap_pkthdr){
		.ts.tv_sec = (long)(now_ns / 1000000000u),
		.ts.tv_usec = (long)(now_ns % 1000000000u),
		.caplen = (uint32_t)len,
		.len = (uint32_t)len,
	};
	pcap_dump((unsigned char *)c->d, &h, p);
	c->packets++;
}

void world_pcap_flush(struct world_pcap *c)
{
	if (c->d)
		(void)pcap_dump_flush(c->d); /* an error stays for the end */
}

enum il_err world_pcap_close(struct world_pcap *c)
{
	enum il_err err = IL_OK;

	if (!c->d)
		return IL_OK;
	if (pcap_dump_flush(c->d) || ferror(pcap_dump_file(c->d)))
		err = IL_E_IO;
	pcap_dump_close(c->d);
	pcap_close(c->p);
	*c = (struct world_pcap){ 0 };
	return err;
}
