/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cove/fw_priv.h"

#include "base/assert.h"

/*
 * Pending transactions. A verb of the core gives a message; it goes into the
 * device's buffer in NACL memory of the hart that called, and the call answers
 * value 1. The host puts the answer in its place and makes the same call again.
 *
 * Source: CoVE-IO, "SPDM Transport"; OPEN points at NACL_DEV
 */

int64_t cfw_ret(enum il_err err)
{
	switch (err) {
	case IL_OK:
		return SBI_SUCCESS;
	case IL_E_ARG:
		return SBI_ERR_INVALID_PARAM;
	case IL_E_STATE:
		return SBI_ERR_INVALID_STATE;
	case IL_E_SHORT:
	case IL_E_LONG:
	case IL_E_FIELD:
	case IL_E_AUTH:
	case IL_E_PEER:
		return SBI_ERR_DENIED; /* what the device said is not so */
	case IL_E_TIMEOUT:
		return SBI_ERR_TIMEOUT;
	case IL_E_IO:
		return SBI_ERR_IO;
	case IL_E_SPACE:
	case IL_E_AGAIN:
	case IL_E_NOMEM:
	case IL_E_RANDOM:
		break;
	}
	return SBI_ERR_FAILED;
}

bool cfw_is_pending(struct sbiret r)
{
	return !r.error && r.value == COVE_SPDM_PENDING;
}

static uint64_t buffer(const struct cove_fw *fw, unsigned hart,
		       const struct fw_dev *d)
{
	return fw->nacl[hart] + NACL_DEV + (uint64_t)d->slot * NACL_DEV_STRIDE;
}

void cfw_pending_set(struct fw_dev *d, uint32_t fid, const uint64_t a[6])
{
	d->pending = (struct fw_pending){ .fid = fid };
	memcpy(d->pending.a, a, sizeof(d->pending.a));
}

/* The buffer says that nothing waits, if there was anything. */
void cfw_pending_clear(struct cove_fw *fw, unsigned hart, struct fw_dev *d)
{
	static const uint8_t none[NACL_DEV_PAYLOAD];
	int64_t ret = SBI_SUCCESS;

	if (fw->nacl[hart] && d->pending.asked)
		ret = cfw_write(fw, buffer(fw, hart, d), none, sizeof(none));
	memset(&d->pending, 0, sizeof(d->pending));
	IL_ASSERT(!ret);
}

/* A buffer for the device, the same on each hart. */
bool cfw_slot_take(struct cove_fw *fw, struct fw_dev *d)
{
	for (unsigned i = 0; i < NACL_DEVS; i++)
		if (!fw->slot_used[i]) {
			fw->slot_used[i] = true;
			d->slot = i;
			return true;
		}
	return false;
}

void cfw_slot_free(struct cove_fw *fw, struct fw_dev *d)
{
	fw->slot_used[d->slot] = false;
	d->slot = 0;
}

bool cfw_keys_old(const struct fw_dev *d)
{
	return tsm_session(d->conn) &&
	       tsm_messages_left(d->conn) < FW_SEQ_RESERVE;
}

static void request(struct cove_fw *fw, unsigned hart, struct fw_dev *d,
		    size_t len, uint8_t kind)
{
	uint8_t h[NACL_DEV_PAYLOAD];
	int64_t ret;

	cove_put_u32(h, NACL_DEV_FUNCTION_ID, d->pending.fid);
	cove_put_u32(h, NACL_DEV_DEVICE_ID, d->id);
	cove_put_u32(h, NACL_DEV_LENGTH, (uint32_t)kind << 24 | (uint32_t)len);
	ret = cfw_write(fw, buffer(fw, hart, d) + NACL_DEV_PAYLOAD, fw->out,
			(uint32_t)len);
	if (!ret)
		ret = cfw_write(fw, buffer(fw, hart, d), h, sizeof(h));
	IL_ASSERT(!ret); /* conversion leaves NACL memory alone */
	d->pending.asked = true;
}

static struct sbiret step(struct cove_fw *fw, unsigned hart, struct fw_dev *d,
			  uint8_t in_kind, size_t n)
{
	uint8_t kind = 0;
	size_t len = 0;
	enum il_err err =
		tsm_step(d->conn, in_kind, n ? fw->in : NULL, n, fw->out,
			 FW_MSG_MAX, &len, &kind, fw->now_ns);

	bytes_wipe(fw->in, n);
	if (err != IL_E_AGAIN)
		return sbi_err(cfw_ret(err));
	request(fw, hart, d, len, kind);
	bytes_wipe(fw->out, len);
	fw->hold_ns = tsm_not_before(d->conn);
	return sbi_ok(COVE_SPDM_PENDING);
}

struct sbiret cfw_verb(struct cove_fw *fw, unsigned hart, struct fw_dev *d,
		       enum tsm_verb verb, const struct tsm_args *args)
{
	enum il_err err;

	if (!fw->nacl[hart])
		return sbi_err(SBI_ERR_NO_SHMEM);
	err = tsm_begin(d->conn, verb, args);
	return err ? sbi_err(cfw_ret(err)) : step(fw, hart, d, 0, 0);
}

/*
 * What the host has put there, copied once. The function and device must be
 * those that wait (law 52).
 */
struct sbiret cfw_verb_again(struct cove_fw *fw, unsigned hart,
			     struct fw_dev *d)
{
	uint8_t h[NACL_DEV_PAYLOAD];
	uint32_t len, n;

	if (!fw->nacl[hart])
		return sbi_err(SBI_ERR_NO_SHMEM);
	if (cfw_read(fw, buffer(fw, hart, d), h, sizeof(h)))
		return sbi_err(SBI_ERR_INVALID_ADDRESS);
	len = cove_u32(h, NACL_DEV_LENGTH);
	n = len & NACL_LENGTH_MASK;
	/* No answer yet; on another hart there was no request, either. */
	if (!cove_u32(h, NACL_DEV_FUNCTION_ID) ||
	    (n && !(len & NACL_LENGTH_ANSWER)))
		return step(fw, hart, d, 0, 0);
	if (cove_u32(h, NACL_DEV_FUNCTION_ID) != d->pending.fid ||
	    cove_u32(h, NACL_DEV_DEVICE_ID) != d->id || n > sizeof(fw->in))
		return sbi_err(SBI_ERR_INVALID_PARAM);
	if (!n) {
		/* The device did not answer: its message may still arrive
		 * there, so that the session is lost. */
		tsm_verb_abort(d->conn);
		return sbi_err(SBI_ERR_IO);
	}
	if (cfw_read(fw, buffer(fw, hart, d) + NACL_DEV_PAYLOAD, fw->in, n))
		return sbi_err(SBI_ERR_INVALID_ADDRESS);
	return step(fw, hart, d, NACL_LENGTH_TYPE(len), n);
}

struct sbiret cfw_begin(struct cove_fw *fw, unsigned hart, struct fw_dev *d,
			uint32_t fid, const uint64_t a[6], enum tsm_verb verb,
			const struct tsm_args *args)
{
	struct sbiret r;

	cfw_pending_set(d, fid, a);
	r = cfw_verb(fw, hart, d, verb, args);
	if (tsm_verb(d->conn) == TSM_NO_VERB)
		cfw_pending_clear(fw, hart, d);
	return r;
}

struct sbiret cfw_again(struct cove_fw *fw, unsigned hart, struct fw_dev *d)
{
	struct sbiret r = cfw_verb_again(fw, hart, d);

	if (tsm_verb(d->conn) == TSM_NO_VERB)
		cfw_pending_clear(fw, hart, d);
	return r;
}
