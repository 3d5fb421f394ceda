/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/sev_tio/fw_priv.h"

#include "base/assert.h"

/*
 * SNP: the platform, guest contexts, and launch as far as page ownership, the
 * launch measurement and the message keys go.
 *
 * Source: SEV-SNP Firmware ABI 56860, 1.5x; Linux 7.3 include/linux/psp-sev.h
 */

/* --- platform --- */

uint32_t fw_snp_init_ex(struct sev_fw *fw, struct fw_cmd *c)
{
	uint32_t flags = sev_u32(c->buf, SNP_INIT_EX_FLAGS);

	if (fw->snp)
		return SEV_RET_INVALID_PLATFORM_STATE;
	if (flags &
	    ~(SNP_INIT_F_INIT_RMP | SNP_INIT_F_LIST | SNP_INIT_F_RAPL_DIS |
	      SNP_INIT_F_CT_HIDING | SNP_INIT_F_TIO))
		return SEV_RET_INVALID_PARAM;
	if ((flags & SNP_INIT_F_TIO) && !fw->cfg.tio)
		return SEV_RET_UNSUPPORTED;
	fw->snp = true;
	fw->tio_en = flags & SNP_INIT_F_TIO;
	return SEV_RET_SUCCESS;
}

uint32_t fw_snp_shutdown(struct sev_fw *fw, struct fw_cmd *c)
{
	(void)c;
	for (unsigned i = 0; i < fw->cfg.limits.guests; i++)
		if (fw->guest[i].used)
			return SEV_RET_INVALID_PLATFORM_STATE;
	for (unsigned i = 0; i < fw->cfg.limits.tsm.conns; i++)
		if (fw->dev[i].conn)
			return SEV_RET_INVALID_PLATFORM_STATE;
	fw->snp = false;
	fw->tio_en = false;
	fw->tio = false;
	return SEV_RET_SUCCESS;
}

uint32_t fw_snp_platform_status(struct sev_fw *fw, struct fw_cmd *c)
{
	uint8_t s[SNP_STATUS_LEN] = { 0 };
	uint32_t n = 0;

	for (unsigned i = 0; i < fw->cfg.limits.guests; i++)
		n += fw->guest[i].used;
	s[SNP_STATUS_API_MAJOR] = 1;
	s[SNP_STATUS_API_MINOR] = 58;
	s[SNP_STATUS_STATE] = fw->snp;
	s[SNP_STATUS_RMP_INIT] = fw->snp;
	sev_put_u32(s, SNP_STATUS_FLAGS, BIT(3));
	sev_put_u32(s, SNP_STATUS_GUESTS, n);
	return fw_answer(fw, sev_u64(c->buf, SNP_ADDR_PA), s, sizeof(s));
}

uint32_t fw_snp_df_flush(struct sev_fw *fw, struct fw_cmd *c)
{
	(void)c;
	memset(fw->stale, 0, fw->cfg.own->asids);
	return SEV_RET_SUCCESS;
}

uint32_t fw_snp_feature_info(struct sev_fw *fw, struct fw_cmd *c)
{
	uint8_t s[16] = { 0 };

	if (sev_u32(c->buf, SNP_FEATURE_ECX))
		return SEV_RET_INVALID_PARAM;
	sev_put_u32(s, 4, fw->cfg.tio ? SNP_FEATURE_EBX_TIO : 0);
	return fw_answer(fw, sev_u64(c->buf, SNP_FEATURE_PA), s, sizeof(s));
}

/* MMIO that a TDI still holds is not the host's to take: law 35. */
static bool held_by_tdi(const struct sev_fw *fw, uint64_t pa)
{
	for (unsigned i = 0; i < fw->cfg.limits.tsm.binds; i++) {
		const struct fw_tdi *t = &fw->tdi[i];

		for (unsigned k = 0; t->bind && k < t->ranges; k++)
			if (pa >= t->range[k].pa &&
			    pa - t->range[k].pa < t->range[k].pages * PAGE_4K)
				return true;
	}
	return false;
}

uint32_t fw_snp_page_reclaim(struct sev_fw *fw, struct fw_cmd *c)
{
	uint64_t pa = sev_u64(c->buf, SNP_ADDR_PA);
	enum own_state s;

	if (pa & SNP_RECLAIM_2M)
		return SEV_RET_INVALID_PAGE_SIZE;
	if (pa % PAGE_4K)
		return SEV_RET_INVALID_ADDRESS;
	s = own_state(fw->cfg.own, pa);
	if (s == OWN_NONE)
		return SEV_RET_INVALID_ADDRESS;
	if (held_by_tdi(fw, pa))
		return SEV_RET_INVALID_PAGE_OWNER;
	return own_fw_move(fw->cfg.own, pa, s, OWN_RECLAIM)
		       ? SEV_RET_INVALID_PAGE_STATE
		       : SEV_RET_SUCCESS;
}

/*
 * 512 entries of a guest become one again, with what the guest has validated.
 * OPEN: which page states the command takes; here those that a guest's memory
 * is in while nothing of firmware holds it.
 */
uint32_t fw_snp_page_unsmash(struct sev_fw *fw, struct fw_cmd *c)
{
	uint64_t pa = sev_u64(c->buf, SNP_ADDR_PA);

	if (pa % PAGE_2M || own_state(fw->cfg.own, pa) == OWN_NONE)
		return SEV_RET_INVALID_ADDRESS;
	return own_fw_unsmash(fw->cfg.own, pa) ? SEV_RET_INVALID_PAGE_STATE
					       : SEV_RET_SUCCESS;
}

/* --- guest contexts --- */

struct fw_guest *fw_guest_find(struct sev_fw *fw, uint64_t gctx)
{
	for (unsigned i = 0; i < fw->cfg.limits.guests; i++)
		if (fw->guest[i].used && fw->guest[i].gctx == gctx)
			return &fw->guest[i];
	return NULL;
}

unsigned fw_guest_tdis(const struct sev_fw *fw, const struct fw_guest *g)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fw->tdis_used; i++)
		n += fw->tdi[i].bind && fw->tdi[i].guest == g;
	return n;
}

uint32_t fw_snp_gctx_create(struct sev_fw *fw, struct fw_cmd *c)
{
	uint64_t pa = sev_u64(c->buf, SNP_ADDR_PA);
	struct fw_guest *g = NULL;
	uint32_t ret;

	for (unsigned i = fw->cfg.limits.guests; i-- > 0;)
		if (!fw->guest[i].used)
			g = &fw->guest[i];
	if (!g)
		return SEV_RET_RESOURCE_LIMIT;
	ret = fw_ctx_take(fw, pa);
	if (ret)
		return ret;
	memset(g, 0, sizeof(*g));
	g->used = true;
	g->gctx = pa; /* and its state is SNP_GUEST_INIT, which is 0 */
	return SEV_RET_SUCCESS;
}

/*
 * OPEN: real firmware lets a context go while pages name its ASID; so do we,
 * because the key is gone with it. The ASID is stale until DF_FLUSH, and not
 * taken again while any page names it.
 */
uint32_t fw_snp_decommission(struct sev_fw *fw, struct fw_cmd *c)
{
	struct fw_guest *g = fw_guest_find(fw, sev_u64(c->buf, SNP_ADDR_PA));
	enum il_err err;

	if (!g)
		return SEV_RET_INVALID_GUEST;
	if (fw_guest_tdis(fw, g) ||
	    (g->asid && own_asid_sdtes(fw->cfg.own, g->asid)))
		return SEV_RET_IN_USE; /* law 50 */
	if (g->asid) {
		err = own_asid_deactivate(fw->cfg.own, g->asid);
		IL_ASSERT(!err);
		fw->stale[g->asid] = 1;
	}
	for (unsigned i = 0; i < SNP_VMPCKS; i++)
		crypto_drop(fw->cfg.crypto, &g->key[i]);
	fw_ctx_give(fw, g->gctx);
	bytes_wipe(g, sizeof(*g));
	return SEV_RET_SUCCESS;
}

uint32_t fw_snp_activate(struct sev_fw *fw, struct fw_cmd *c)
{
	struct fw_guest *g =
		fw_guest_find(fw, sev_u64(c->buf, SNP_ACTIVATE_GCTX));
	uint32_t asid = sev_u32(c->buf, SNP_ACTIVATE_ASID);
	uint64_t secret = 0;

	if (!g)
		return SEV_RET_INVALID_GUEST;
	if (!asid || asid >= fw->cfg.own->asids)
		return SEV_RET_INVALID_ASID;
	if (g->state == SNP_GUEST_INIT)
		return SEV_RET_INVALID_GUEST_STATE;
	if (g->asid)
		return SEV_RET_ACTIVE;
	/*
	 * Pages that an earlier guest of this ASID validated would count as
	 * validated for the new one. Merely assigned ones are harmless, and a
	 * VMM that maps before it launches makes them.
	 */
	if (own_asid_active(fw->cfg.own, asid) ||
	    own_asid_validated(fw->cfg.own, asid))
		return SEV_RET_ASID_OWNED;
	if (fw->stale[asid])
		return SEV_RET_DFFLUSH_REQUIRED;
	if (env_random(fw->cfg.env, (uint8_t *)&secret, sizeof(secret)) ||
	    !secret)
		return SEV_RET_HWERROR_PLATFORM;
	if (own_asid_activate(fw->cfg.own, asid, secret))
		return SEV_RET_INVALID_ASID;
	bytes_wipe(&secret, sizeof(secret));
	g->asid = asid;
	return SEV_RET_SUCCESS;
}

uint32_t fw_snp_guest_status(struct sev_fw *fw, struct fw_cmd *c)
{
	struct fw_guest *g =
		fw_guest_find(fw, sev_u64(c->buf, SNP_GUEST_STATUS_GCTX));
	uint8_t s[SNP_GSTAT_LEN] = { 0 };

	if (!g)
		return SEV_RET_INVALID_GUEST;
	sev_put_u64(s, SNP_GSTAT_POLICY, g->policy);
	sev_put_u32(s, SNP_GSTAT_ASID, g->asid);
	s[SNP_GSTAT_STATE] = g->state;
	return fw_answer(fw, sev_u64(c->buf, SNP_GUEST_STATUS_PA), s,
			 sizeof(s));
}

/* Reports and derived keys are not part of this model. */
uint32_t fw_snp_guest_request(struct sev_fw *fw, struct fw_cmd *c)
{
	return fw_guest_find(fw, sev_u64(c->buf, SNP_GREQ_GCTX))
		       ? SEV_RET_UNSUPPORTED
		       : SEV_RET_INVALID_GUEST;
}

/* --- launch
 * ---------------------------------------------------------------------------
 */

static uint32_t make_keys(struct sev_fw *fw, struct fw_guest *g)
{
	for (unsigned i = 0; i < SNP_VMPCKS; i++) {
		if (env_random(fw->cfg.env, g->vmpck[i], SNP_VMPCK_LEN))
			return SEV_RET_HWERROR_PLATFORM;
		if (crypto_aead_key(fw->cfg.crypto, &g->key[i],
				    CRYPTO_AES_256_GCM, g->vmpck[i]))
			return SEV_RET_RESOURCE_LIMIT;
	}
	return SEV_RET_SUCCESS;
}

uint32_t fw_snp_launch_start(struct sev_fw *fw, struct fw_cmd *c)
{
	struct fw_guest *g =
		fw_guest_find(fw, sev_u64(c->buf, SNP_LSTART_GCTX));
	uint64_t policy = sev_u64(c->buf, SNP_LSTART_POLICY);
	uint32_t ret;

	if (!g)
		return SEV_RET_INVALID_GUEST;
	if (g->state != SNP_GUEST_INIT)
		return SEV_RET_INVALID_GUEST_STATE;
	if (!(policy & SNP_POLICY_RSVD_ONE))
		return SEV_RET_POLICY_FAILURE;
	if (sev_u32(c->buf, SNP_LSTART_FLAGS))
		return SEV_RET_UNSUPPORTED; /* migration agent, IMI */
	ret = make_keys(fw, g);
	if (ret)
		return ret;
	g->policy = policy;
	memset(g->digest, 0, sizeof(g->digest));
	g->state = SNP_GUEST_LAUNCH;
	return SEV_RET_SUCCESS;
}

/*
 * The measurement: digest' = SHA-384(PAGE_INFO), where PAGE_INFO has the
 * digest so far, the digest of the content (zeros unless the page's type is
 * measured), length, type, IMI, permissions of VMPL 3, 2, 1, a zero, and GPA.
 * Source: SEV-SNP ABI 56860 1.5x §8.17, table PAGE_INFO
 */
#define PAGE_INFO_LEN	   0x70
#define PAGE_INFO_CONTENTS 0x30
#define PAGE_INFO_LENGTH   0x60
#define PAGE_INFO_TYPE	   0x62
#define PAGE_INFO_PERMS	   0x64
#define PAGE_INFO_GPA	   0x68

static uint32_t measure(struct sev_fw *fw, struct fw_guest *g, unsigned type,
			const uint8_t perm[RMP_VMPLS], uint64_t gpa)
{
	uint8_t info[PAGE_INFO_LEN] = { 0 };
	enum il_err err = IL_OK;

	memcpy(info, g->digest, sizeof(g->digest));
	if (type == SNP_PAGE_NORMAL || type == SNP_PAGE_VMSA)
		err = crypto_hash(fw->cfg.crypto, CRYPTO_SHA384, fw->page,
				  PAGE_4K, info + PAGE_INFO_CONTENTS);
	sev_put_u16(info, PAGE_INFO_LENGTH, PAGE_INFO_LEN);
	info[PAGE_INFO_TYPE] = (uint8_t)type;
	for (unsigned i = 1; i < RMP_VMPLS; i++)
		info[PAGE_INFO_PERMS + 3 - i] = perm[i];
	sev_put_u64(info, PAGE_INFO_GPA, gpa);
	if (!err)
		err = crypto_hash(fw->cfg.crypto, CRYPTO_SHA384, info,
				  sizeof(info), g->digest);
	return err ? SEV_RET_HWERROR_PLATFORM : SEV_RET_SUCCESS;
}

static void make_secrets(const struct fw_guest *g, uint8_t *page)
{
	memset(page, 0, PAGE_4K);
	sev_put_u32(page, SNP_SECRETS_VERSION, 3);
	for (unsigned i = 0; i < SNP_VMPCKS; i++)
		memcpy(page + SNP_SECRETS_VMPCK + (size_t)i * SNP_VMPCK_LEN,
		       g->vmpck[i], SNP_VMPCK_LEN);
}

/* Shape of the request; @perm gets what each VMPL may do. */
static uint32_t update_check(const struct sev_fw *fw, const struct fw_guest *g,
			     const struct fw_cmd *c, uint8_t perm[RMP_VMPLS])
{
	uint32_t t = sev_u32(c->buf, SNP_LUPDATE_TYPE);
	uint32_t perms = sev_u32(c->buf, SNP_LUPDATE_PERMS);
	unsigned type = t >> 1 & 7;

	if (g->state != SNP_GUEST_LAUNCH)
		return SEV_RET_INVALID_GUEST_STATE;
	if (!g->asid)
		return SEV_RET_INACTIVE;
	if (t & 1)
		return SEV_RET_INVALID_PAGE_SIZE; /* 4 KiB pages only */
	if (t >> 4 || type < SNP_PAGE_NORMAL || type > SNP_PAGE_CPUID)
		return SEV_RET_INVALID_PARAM;
	perm[0] = RMP_PERM_ALL;
	for (unsigned i = 1; i < RMP_VMPLS; i++) {
		perm[i] = (uint8_t)(perms >> 8 * i);
		if (perm[i] & ~RMP_PERM_ALL)
			return SEV_RET_INVALID_PARAM;
	}
	return fw_page_check(fw, sev_u64(c->buf, SNP_LUPDATE_PA),
			     OWN_PRE_GUEST);
}

uint32_t fw_snp_launch_update(struct sev_fw *fw, struct fw_cmd *c)
{
	struct fw_guest *g =
		fw_guest_find(fw, sev_u64(c->buf, SNP_LUPDATE_GCTX));
	unsigned type = sev_u32(c->buf, SNP_LUPDATE_TYPE) >> 1 & 7;
	uint64_t pa = sev_u64(c->buf, SNP_LUPDATE_PA);
	uint8_t perm[RMP_VMPLS];
	struct own_page p;
	uint32_t ret;

	if (!g)
		return SEV_RET_INVALID_GUEST;
	ret = update_check(fw, g, c, perm);
	if (ret)
		return ret;
	if (own_entry(fw->cfg.own, pa, &p) || p.asid != g->asid)
		return SEV_RET_INVALID_PAGE_OWNER;
	/* In the clear until now: the host wrote it before it gave it away. */
	ret = fw_read(fw, pa, fw->page, PAGE_4K);
	if (ret)
		return ret;
	if (type == SNP_PAGE_ZERO)
		memset(fw->page, 0, PAGE_4K);
	ret = measure(fw, g, type, perm, align_down(p.gpa, PAGE_4K));
	if (type == SNP_PAGE_SECRETS)
		make_secrets(g, fw->page);
	if (!ret)
		ret = fw_guest_page_write(fw, pa, g->asid, fw->page);
	bytes_wipe(fw->page, sizeof(fw->page));
	if (ret)
		return ret;
	if (own_fw_perm(fw->cfg.own, pa, perm) ||
	    own_fw_move(fw->cfg.own, pa, OWN_PRE_GUEST, OWN_GUEST_VALID))
		return SEV_RET_INVALID_PAGE_STATE;
	g->pages++;
	return SEV_RET_SUCCESS;
}

uint32_t fw_snp_launch_finish(struct sev_fw *fw, struct fw_cmd *c)
{
	struct fw_guest *g =
		fw_guest_find(fw, sev_u64(c->buf, SNP_LFINISH_GCTX));

	if (!g)
		return SEV_RET_INVALID_GUEST;
	if (g->state != SNP_GUEST_LAUNCH)
		return SEV_RET_INVALID_GUEST_STATE;
	if (!g->asid)
		return SEV_RET_INACTIVE;
	if (sev_u64(c->buf, SNP_LFINISH_FLAGS))
		return SEV_RET_UNSUPPORTED; /* ID block, author key */
	g->state = SNP_GUEST_RUNNING;
	return SEV_RET_SUCCESS;
}
