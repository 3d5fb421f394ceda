/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/sev_tio/guest_priv.h"

#include <stdio.h>

#include "base/bits.h"
#include "base/bytes.h"

/*
 * Messages to the firmware. Each takes five phases, so that an exit in any of
 * them (a page not yet mapped, the exit itself) is simply gone on from.
 */
enum { BUILD, PUT, CALL, TAKE, UNSEAL };

enum il_err sev_guest_refused(struct sev_guest *g, const char *what,
			      uint64_t code)
{
	snprintf(g->why, sizeof(g->why), "%s (%llu)", what,
		 (unsigned long long)code);
	return IL_E_PEER;
}

/*
 * A number may not encrypt two texts, and after a failure nobody knows who
 * has seen this one: the key is given up for the next.
 * Source: Linux drivers/virt/coco/sev-guest: "disabling VMPCK"
 */
static void lose_key(struct sev_guest *g)
{
	bytes_wipe(g->vmpck[g->key_no], SNP_VMPCK_LEN);
	crypto_drop(g->cfg.crypto, &g->key);
	g->key_no++;
	g->seqno = 0;
	g->keyed = false;
	g->msg_phase = BUILD;
}

/*
 * The secrets page is private: what is there comes from the firmware. A key
 * of zeros is none: with it the host could play the firmware.
 * Source: Linux drivers/virt/coco/sev-guest, is_vmpck_empty()
 */
static enum il_err load_keys(struct sev_guest *g)
{
	static const uint8_t none[SNP_VMPCK_LEN];
	enum il_err err;

	if (g->keyed)
		return IL_OK;
	if (g->key_no == SNP_VMPCKS)
		return sev_guest_refused(g, "no key to the firmware is left",
					 g->key_no);
	if (g->key_no == 0) {
		err = g->cfg.insn->read(g->cfg.insn->ctx,
					g->cfg.map.secrets + SNP_SECRETS_VMPCK,
					true, g->vmpck, sizeof(g->vmpck));
		if (err)
			return err;
	}
	if (bytes_equal_ct(g->vmpck[g->key_no], none, sizeof(none))) {
		lose_key(g);
		return sev_guest_refused(g, "a key to the firmware is empty",
					 g->key_no - 1);
	}
	err = crypto_aead_key(g->cfg.crypto, &g->key, CRYPTO_AES_256_GCM,
			      g->vmpck[g->key_no]);
	g->keyed = !err;
	return err;
}

/*
 * The header has 64 bits for the number, the place in the secrets page where
 * it outlives who counts has 32. Source: Linux arch/x86/coco/sev,
 * snp_get_msg_seqno(), of GHCB 2
 */
static enum il_err build(struct sev_guest *g, unsigned type)
{
	size_t len = tio_msg_req_len(type);
	uint8_t *m = g->msg, iv[12];

	if (g->seqno >= UINT32_MAX - 2) {
		lose_key(g);
		return sev_guest_refused(g, "message numbers used up", 0);
	}
	memset(m, 0, sizeof(g->msg));
	sev_put_u64(m, SNP_MSG_SEQNO, g->seqno + 1);
	m[SNP_MSG_ALGO] = SNP_MSG_ALGO_GCM;
	m[SNP_MSG_HDR_VERSION] = 1;
	sev_put_u16(m, SNP_MSG_HDR_SIZE, SNP_MSG_HDR_LEN);
	m[SNP_MSG_TYPE] = (uint8_t)type;
	m[SNP_MSG_VERSION] = TIO_MSG_VERSION;
	sev_put_u16(m, SNP_MSG_SIZE, (uint16_t)len);
	m[SNP_MSG_VMPCK] = (uint8_t)g->key_no;
	snp_msg_iv(iv, g->seqno + 1);
	return crypto_aead_seal(g->cfg.crypto, g->key, iv, m + SNP_MSG_AAD,
				SNP_MSG_AAD_LEN, g->plain, len,
				m + SNP_MSG_HDR_LEN, m + SNP_MSG_TAG,
				SNP_MSG_TAG_LEN);
}

/* g->msg was copied once from shared memory; only that copy is looked at. */
static enum il_err open_answer(struct sev_guest *g, unsigned type)
{
	const uint8_t *m = g->msg;
	size_t len = tio_msg_rsp_len(type + 1);
	uint8_t iv[12];

	if (m[SNP_MSG_TYPE] != type + 1 ||
	    m[SNP_MSG_VERSION] != TIO_MSG_VERSION ||
	    m[SNP_MSG_ALGO] != SNP_MSG_ALGO_GCM ||
	    m[SNP_MSG_HDR_VERSION] != 1 ||
	    sev_u16(m, SNP_MSG_HDR_SIZE) != SNP_MSG_HDR_LEN ||
	    m[SNP_MSG_VMPCK] != g->key_no || sev_u16(m, SNP_MSG_SIZE) != len ||
	    sev_u64(m, SNP_MSG_SEQNO) != g->seqno + 2)
		return IL_E_FIELD;
	snp_msg_iv(iv, g->seqno + 2);
	return crypto_aead_open(g->cfg.crypto, g->key, iv, m + SNP_MSG_AAD,
				SNP_MSG_AAD_LEN, m + SNP_MSG_HDR_LEN, len,
				g->plain, m + SNP_MSG_TAG, SNP_MSG_TAG_LEN);
}

static enum il_err call(struct sev_guest *g, uint64_t param)
{
	struct sev_ghcb *x = &g->ghcb;
	enum il_err err;

	*x = (struct sev_ghcb){
		.exit_code = GHCB_EXIT_TIO_GUEST_REQ,
		.info1 = g->cfg.map.req,
		.info2 = g->cfg.map.rsp,
		.rax = g->cfg.map.data,
		.rbx = SEV_GUEST_DATA_PAGES,
		.rcx = g->rid,
		.rdx = param,
	};
	err = g->cfg.insn->vmgexit(g->cfg.insn->ctx, x);
	if (!err && x->info2)
		return sev_guest_refused(g, "the host refused a guest request",
					 x->info2);
	return err;
}

static enum il_err phase(struct sev_guest *g, unsigned type, uint64_t param)
{
	const struct sev_guest_insn *cpu = g->cfg.insn;
	enum il_err err;

	switch (g->msg_phase) {
	case BUILD:
		err = load_keys(g);
		return err ? err : build(g, type);
	case PUT:
		return cpu->write(
			cpu->ctx, g->cfg.map.req, false, g->msg,
			(uint32_t)(SNP_MSG_HDR_LEN + tio_msg_req_len(type)));
	case CALL:
		return call(g, param);
	case TAKE:
		return cpu->read(cpu->ctx, g->cfg.map.rsp, false, g->msg,
				 (uint32_t)(SNP_MSG_HDR_LEN +
					    tio_msg_rsp_len(type + 1)));
	default:
		err = open_answer(g, type);
		if (err)
			return sev_guest_refused(
				g, "the firmware's answer does not verify",
				err);
		g->seqno += 2;
		return IL_OK;
	}
}

enum il_err sev_guest_message(struct sev_guest *g, unsigned type,
			      uint64_t param)
{
	for (; g->msg_phase <= UNSEAL; g->msg_phase++) {
		enum il_err err = phase(g, type, param);

		if (err && err != IL_E_AGAIN && g->msg_phase > BUILD)
			lose_key(g);
		if (err)
			return err;
	}
	g->msg_phase = BUILD;
	return IL_OK;
}
