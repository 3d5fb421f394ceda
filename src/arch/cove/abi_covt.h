/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_COVE_ABI_COVT_H
#define ARCH_COVE_ABI_COVT_H

#include <stdint.h>

/*
 * COVT, the TSM's calls of the root monitor (RDSM), which holds the root
 * ports' IDE keys and registers.
 * Source: CoVE-IO, "CoVE IO TSM Extension". OPEN: its table of identifiers
 * reserves the range for COVI, not COVT; the calls say COVT.
 */
enum cove_covt {
	COVT_PROGRAM_KEY = 1024,    /* (rp, key desc pa, key data pa) */
	COVT_CLEAR_KEY = 1025,	    /* (rp, stream) */
	COVT_SET_GO = 1026,	    /* (rp, key desc pa) */
	COVT_SET_STOP = 1027,	    /* (rp, key desc pa) */
	COVT_KEY_STATUS = 1028,	    /* (rp, key desc pa) -> enum */
	COVT_PROGRAM_STREAM = 1029, /* (rp, stream desc pa) */
	/*
	 * OPEN: the disconnect flow has the TSM switch the root port's IDE off,
	 * bind needs the port's stream to be secure, and the root monitor is to
	 * program the classifier when an interface is bound; no call says any
	 * of these, while the root monitor alone reaches the registers. Three
	 * of ours, from the top of CoVE-IO's range.
	 */
	COVT_CLASSIFY = 1085,	   /* (rp, rid, stream, on) */
	COVT_STREAM_OFF = 1086,	   /* (rp, stream): all keys Cleared */
	COVT_STREAM_STATUS = 1087, /* (rp, stream) -> 1 secure */
};

enum cove_key_status {
	COVT_KEY_CLEARED = 0,
	COVT_KEY_PROGRAMMED = 1,
	COVT_KEY_ENABLED = 2,
};

/* The key descriptor */
#define COVT_DESC_STREAM     0 /* u8 */
#define COVT_DESC_SUB_STREAM 1 /* u8: 0 posted, 1 non-posted, 2 completion */
#define COVT_DESC_KEY_SET    2 /* u8: 0, 1 */
#define COVT_DESC_TX_RX	     3 /* u8: enum cove_tx_rx */
#define COVT_DESC_LEN	     4

/* The other way round than IDE_KM's key_sub_stream, where 0 receives. */
enum cove_tx_rx {
	COVT_TX = 0,
	COVT_RX = 1,
};

/*
 * Key data: as KEY_PROG has it, that is the key in double words from 7 to 0,
 * each little-endian, then IFV_DW1, IFV_DW0. Source: PCIe 6.x §6.33.3
 */
#define COVT_KEY_LEN  32
#define COVT_IFV_LEN  8
#define COVT_DATA_LEN (COVT_KEY_LEN + COVT_IFV_LEN)

#endif
