/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/device_priv.h"

#include "check.h"

/*
 * Besides message buffers: what holds messages, reports and certificates, which
 * il_device_size() counts too. docs/porting.md has both.
 */
#define TDIS	16
#define STREAMS 4
#define LIMIT	10240

static struct il_device_cfg small(void)
{
	struct il_device_cfg c = { .spdm = { .conns = 1, .sessions = 1 } };

	c.pci.tdis = TDIS;
	c.pci.streams = STREAMS;
	c.pci.report_cap = 256;
	return c;
}

static size_t without_buffers(void)
{
	return sizeof(struct il_device) + sizeof(struct il_front) +
	       sizeof(struct il_pci) + sizeof(struct dsm_conn) +
	       sizeof(struct spdm_rsp_session) +
	       DSM_SEATS * sizeof(struct dsm_seat) +
	       TDIS * (sizeof(struct tdi) + sizeof(struct dsm_fn) +
		       sizeof(const struct rule *)) +
	       STREAMS * sizeof(struct idekm_stream);
}

static void a_small_device_fits_ten_kib_besides_its_buffers(void **unused)
{
	(void)unused;
	print_message("%zu bytes\n", without_buffers());
	assert_true(without_buffers() <= LIMIT);
}

/* What is not in the sum above is buffers: scratch and reports. */
static void nothing_but_buffers_is_left_out_of_the_sum(void **unused)
{
	const struct il_device_cfg c = small();
	const size_t left = il_device_size(&c) - without_buffers() -
			    TDIS * c.pci.report_cap;

	(void)unused;
	/* A message of the usual length, a measurement record, the slack of a
	 * secured message, and padding. */
	assert_in_range(left, TRANSFER, TRANSFER + 1024 + 512);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_small_device_fits_ten_kib_besides_its_buffers),
		cmocka_unit_test(nothing_but_buffers_is_left_out_of_the_sum),
	};

	return cmocka_run_group_tests_name("small", tests, NULL, NULL);
}
