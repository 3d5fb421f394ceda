/* SPDX-License-Identifier: BSD-2-Clause */
#include "user_rig.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/bits.h"

#define RO 1u
#define WO 2u
#define RW 3u

static void unmap(struct urig *r, int fd, uint64_t addr, uint64_t size,
		  uint32_t err)
{
	uint8_t p[24] = { 24 };

	put_u64le(p + 8, addr);
	put_u64le(p + 16, size);
	if (err)
		urig_refused(r, fd, 3, p, sizeof(p), err);
	else
		urig_ask(r, fd, 3, p, sizeof(p), p, sizeof(p));
}

static void put_at(int mem, size_t off, const char *s)
{
	assert_int_equal(pwrite(mem, s, strlen(s), (off_t)off), strlen(s));
}

/* By a mapping, and by the file itself. */
static void the_machine_sees_what_the_file_holds(void **state)
{
	struct urig *r = *state;
	uint8_t got[8];

	urig_start(r);
	for (unsigned seal = 0; seal < 2; seal++) {
		const int fd = urig_hello(r, 0),
			  mem = urig_memory(0x8000, seal);

		put_at(mem, 0x2ffc, "ABCDEFGH");
		urig_map(r, fd, RW, 0x2000, 0x100000, 0x4000, mem, 0);
		assert_int_equal(urig_pieces(r), 1);
		assert_true(!r->piece[0].p.at == !seal);
		assert_int_equal(urig_read(r, EP_HOST, 0x100ffc, got, 8),
				 IL_OK);
		assert_memory_equal(got, "ABCDEFGH", 8);
		assert_int_equal(urig_write(r, EP_HOST, 0x103ff8,
					    (const uint8_t *)"written!", 8),
				 IL_OK);
		assert_int_equal(pread(mem, got, 8, 0x5ff8), 8);
		assert_memory_equal(got, "written!", 8);
		unmap(r, fd, 0x100000, 0x4000, 0);
		assert_int_equal(urig_pieces(r), 0);
		close(mem);
		close(fd);
		urig_turns(r, 2);
	}
}

static void memory_is_readable_or_writable_as_it_was_given(void **state)
{
	struct urig *r = *state;
	const int mem = urig_memory(0x4000, true);
	int fd;

	urig_start(r);
	fd = urig_hello(r, 0);
	urig_map(r, fd, RO, 0, 0x1000, 0x1000, mem, 0);
	urig_map(r, fd, WO, 0, 0x2000, 0x1000, mem, 0);
	assert_true(r->piece[0].p.readable && !r->piece[0].p.writable);
	assert_true(!r->piece[1].p.readable && r->piece[1].p.writable);
	close(mem);
	close(fd);
}

/* Cut short by who gave it, after it was looked at. */
static void a_file_that_is_cut_short_harms_nobody(void **state)
{
	struct urig *r = *state;
	const int mem = urig_memory(0x4000, false);
	uint8_t b[16] = { 0 };
	int fd;

	urig_start(r);
	fd = urig_hello(r, 0);
	urig_map(r, fd, RW, 0, 0, 0x4000, mem, 0);
	assert_int_equal(ftruncate(mem, 0x1008), 0);
	assert_int_equal(urig_read(r, EP_HOST, 0x2000, b, 16), IL_E_IO);
	assert_int_equal(urig_read(r, EP_HOST, 0x1000, b, 16), IL_E_IO);
	assert_int_equal(urig_read(r, EP_HOST, 0xff8, b, 16), IL_OK);
	close(mem);
	close(fd);
}

static void a_mapping_over_another_is_refused(void **state)
{
	static const struct {
		uint64_t addr, size;
	} over[] = {
		{ 0x10000, 0x4000 }, { 0x10000, 0x1000 }, { 0x13000, 0x1000 },
		{ 0xf000, 0x2000 },  { 0x13000, 0x8000 }, { 0, 0x100000 },
	};
	struct urig *r = *state;
	const int mem = urig_memory(0x100000, true);
	int fd;

	urig_start(r);
	fd = urig_hello(r, 0);
	urig_map(r, fd, RW, 0, 0x10000, 0x4000, mem, 0);
	for (size_t i = 0; i < COUNT(over); i++)
		urig_map(r, fd, RW, 0, over[i].addr, over[i].size, mem, 17);
	assert_int_equal(urig_pieces(r), 1);
	/* Beside it there is room. */
	urig_map(r, fd, RW, 0, 0xf000, 0x1000, mem, 0);
	urig_map(r, fd, RW, 0, 0x14000, 0x1000, mem, 0);
	/* What is mapped by another client is its own matter. */
	close(mem);
	close(fd);
}

static void what_cannot_be_mapped_is_refused(void **state)
{
	static const struct {
		uint32_t flags;
		uint64_t offset, addr, size;
		bool with_fd;
	} bad[] = {
		{ 0, 0, 0, 0x1000, true }, /* neither */
		{ 4, 0, 0, 0x1000, true }, /* no such flag */
		{ RW | BIT(31), 0, 0, 0x1000, true },
		{ RW, 0, 0, 0, true },
		{ RW, 0, 0, 0x1001, true },
		{ RW, 0, 0x800, 0x1000, true },
		{ RW, 0x800, 0, 0x1000, true },
		{ RW, 0, UINT64_MAX - 0xfff, 0x2000, true }, /* around */
		{ RW, 0x4000, 0, 0x1000, true }, /* behind its end */
		{ RW, 0, 0, 0x5000, true },
		{ RW, 0x3000, 0, 0x2000, true },
		{ RW, UINT64_MAX - 0xfff, 0, 0x1000, true },
		{ RW, INT64_MAX - 0xfff, 0, 0x1000, true },
		{ RW, 0, 0, UINT64_MAX - 0xfff, true },
		{ RW, 0x1000, 0, 0x1000, false }, /* an offset into nothing */
	};
	struct urig *r = *state;
	const int mem = urig_memory(0x4000, true);
	uint8_t p[33] = { 32, 0, 0, 0, RW };
	int fd, two[2] = { mem, mem };

	urig_start(r);
	fd = urig_hello(r, 0);
	for (size_t i = 0; i < COUNT(bad); i++)
		urig_map(r, fd, bad[i].flags, bad[i].offset, bad[i].addr,
			 bad[i].size, bad[i].with_fd ? mem : -1, 22);
	p[25] = 0x10;
	for (size_t n = 0; n < 34; n++)
		if (n != 32)
			urig_refused(r, fd, 2, p, n, 22);
	p[0] = 31;
	urig_refused(r, fd, 2, p, 32, 22);
	p[0] = 32;
	urig_send(fd, 1, 2, 0, p, 32, two, 2);
	assert_int_equal(urig_get(r, fd)->error, 22);
	assert_int_equal(urig_pieces(r), 0);
	close(mem);
	close(fd);
}

static void a_file_that_may_not_be_written_is_not_mapped_so(void **state)
{
	struct urig *r = *state;
	const int mem = urig_memory(0x4000, true);
	char path[40];
	int fd, ro;

	urig_start(r);
	fd = urig_hello(r, 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", mem);
	ro = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(ro >= 0);
	urig_map(r, fd, RW, 0, 0, 0x4000, ro, 13);
	urig_map(r, fd, RO, 0, 0, 0x4000, ro, 0);
	close(ro);
	close(mem);
	close(fd);
}

/* Mappings of the files that urig_memory() makes, in this process. */
static unsigned mapped(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512];
	unsigned n = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, "memfd:guest") != NULL;
	fclose(f);
	return n;
}

/* Its descriptors of them. */
static unsigned kept(void)
{
	char path[40], what[64];
	unsigned n = 0;

	for (unsigned fd = 0; fd < 256; fd++) {
		ssize_t len;

		snprintf(path, sizeof(path), "/proc/self/fd/%u", fd);
		len = readlink(path, what, sizeof(what) - 1);
		what[len > 0 ? len : 0] = 0;
		n += strstr(what, "memfd:guest") != NULL;
	}
	return n;
}

static void what_the_machine_has_no_room_for_is_only_said(void **state)
{
	struct urig *r = *state;
	int fd;

	urig_start(r);
	fd = urig_hello(r, 0);
	r->give_err = IL_E_ARG;
	urig_map(r, fd, RO, 0, 0xfffc0000, 0x40000, -1, 0);
	assert_int_equal(urig_pieces(r), 0);
	assert_non_null(strstr(r->last, "0xfffc0000"));
	r->give_err = IL_OK;
	/* It counts as mapped all the same. */
	urig_map(r, fd, RO, 0, 0xfffc0000, 0x40000, -1, 17);
	unmap(r, fd, 0xfffc0000, 0x40000, 0);
	r->give_err = IL_E_SPACE;
	urig_map(r, fd, RW, 0, 0, 0x1000, -1, 28);
	r->give_err = IL_E_NOMEM;
	urig_map(r, fd, RW, 0, 0, 0x1000, -1, 12);
	unmap(r, fd, 0, 0x1000, 2);
	close(fd);
}

/* However much it is, it takes nothing of what the others need. */
static void what_the_machine_has_no_room_for_is_not_kept(void **state)
{
	struct urig *r = *state;

	urig_start(r);
	for (unsigned seal = 0; seal < 2; seal++) {
		const int fd = urig_hello(r, 0);
		const uint64_t size = UINT64_C(1) << 30;
		const int mem = urig_memory(size, seal);

		r->give_err = IL_E_ARG;
		for (unsigned i = 0; i < 64; i++)
			urig_map(r, fd, RW, 0, i * size, size, mem, 0);
		assert_int_equal(mapped(), 0);
		close(mem);
		assert_int_equal(kept(), 0);
		r->give_err = IL_OK;
		unmap(r, fd, size, size, 0);
		close(fd);
		urig_turns(r, 2);
	}
}

static void there_are_64_mappings_and_no_more(void **state)
{
	struct urig *r = *state;
	int fd;

	urig_start(r);
	fd = urig_hello(r, 0);
	for (unsigned i = 0; i < 64; i++)
		urig_map(r, fd, RW, 0, i * 0x1000, 0x1000, -1, 0);
	urig_map(r, fd, RW, 0, 0x100000, 0x1000, -1, 28);
	unmap(r, fd, 0x5000, 0x1000, 0);
	urig_map(r, fd, RW, 0, 0x100000, 0x1000, -1, 0);
	close(fd);
}

static void only_what_was_mapped_just_so_is_unmapped(void **state)
{
	uint8_t all[24] = { 24, 0, 0, 0, 2 }, p[24] = { 24 };
	struct urig *r = *state;
	int fd;

	urig_start(r);
	fd = urig_hello(r, 0);
	urig_map(r, fd, RW, 0, 0x4000, 0x4000, -1, 0);
	urig_map(r, fd, RW, 0, 0x10000, 0x4000, -1, 0);
	unmap(r, fd, 0x4000, 0x2000, 2);
	unmap(r, fd, 0x5000, 0x4000, 2);
	unmap(r, fd, 0x4000, 0x8000, 2);
	unmap(r, fd, 0, 0, 2);
	put_u64le(p + 8, 0x4000);
	put_u64le(p + 16, 0x4000);
	for (size_t n = 0; n < 24; n++)
		urig_refused(r, fd, 3, p, n, 22);
	p[4] = 1; /* a dirty bitmap, which is no longer there */
	urig_refused(r, fd, 3, p, 24, 22);
	p[4] = 2; /* all of them, and yet one */
	urig_refused(r, fd, 3, p, 24, 22);
	p[4] = 0;
	p[0] = 23;
	urig_refused(r, fd, 3, p, 24, 22);
	assert_int_equal(urig_pieces(r), 2);
	unmap(r, fd, 0x4000, 0x4000, 0);
	unmap(r, fd, 0x4000, 0x4000, 2);
	urig_ask(r, fd, 3, all, 24, all, 24);
	assert_int_equal(urig_pieces(r), 0);
	close(fd);
}

/* A file that is not shared memory might never be read. */
static void what_is_no_memory_file_is_reached_by_messages(void **state)
{
	struct urig *r = *state;
	int fd, p[2], other;
	uint8_t b[4];

	r->cfg.wait_ns = 1000000;
	urig_start(r);
	assert_int_equal(pipe(p), 0);
	other = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	assert_true(other >= 0);
	for (unsigned i = 0; i < 2; i++) {
		const struct urig_msg *m;

		fd = urig_hello(r, 0);
		urig_map(r, fd, 1, 0, 0x1000, 0x1000, i ? other : p[0], 0);
		assert_null(r->piece[0].p.at);
		assert_int_equal(urig_read(r, EP_HOST, 0x1000, b, 4), IL_E_IO);
		m = urig_get(r, fd);
		assert_int_equal(m->cmd, 11);
		urig_closed(r, fd);
	}
	close(other);
	close(p[0]);
	close(p[1]);
}

static void what_is_unmapped_is_let_go_of(void **state)
{
	struct urig *r = *state;
	const int mem = urig_memory(0x4000, true);
	int fd;

	urig_start(r);
	fd = urig_hello(r, 0);
	urig_map(r, fd, RW, 0, 0, 0x4000, mem, 0);
	urig_map(r, fd, RW, 0, 0x4000, 0x1000, mem, 0);
	assert_int_equal(mapped(), 2);
	unmap(r, fd, 0, 0x4000, 0);
	assert_int_equal(mapped(), 1);
	close(fd);
	urig_turns(r, 2);
	assert_int_equal(mapped(), 0);
	close(mem);
}

/* One that the system has no room for is not as if none had been sent. */
static void a_descriptor_that_got_lost_is_noticed(void **state)
{
	struct urig *r = *state;
	const int mem = urig_memory(0x4000, true);
	uint8_t p[32] = { 32, 0, 0, 0, RW, [25] = 0x10 };
	struct rlimit old, none;
	int fd, next;

	urig_start(r);
	fd = urig_hello(r, 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	urig_send(fd, 1, 2, 0, p, sizeof(p), &mem, 1);
	next = dup(mem);
	assert_true(next > 4); /* as many as are polled may be */
	close(next);
	none = (struct rlimit){ (rlim_t)next, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	urig_turns(r, 1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(urig_get(r, fd)->error, 22);
	assert_int_equal(urig_pieces(r), 0);
	close(mem);
	close(fd);
}

#define WITH_RIG(f) cmocka_unit_test_setup_teardown(f, urig_open, urig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(the_machine_sees_what_the_file_holds),
		WITH_RIG(memory_is_readable_or_writable_as_it_was_given),
		WITH_RIG(a_file_that_is_cut_short_harms_nobody),
		WITH_RIG(a_mapping_over_another_is_refused),
		WITH_RIG(what_cannot_be_mapped_is_refused),
		WITH_RIG(a_file_that_may_not_be_written_is_not_mapped_so),
		WITH_RIG(what_the_machine_has_no_room_for_is_only_said),
		WITH_RIG(what_the_machine_has_no_room_for_is_not_kept),
		WITH_RIG(there_are_64_mappings_and_no_more),
		WITH_RIG(only_what_was_mapped_just_so_is_unmapped),
		WITH_RIG(what_is_no_memory_file_is_reached_by_messages),
		WITH_RIG(what_is_unmapped_is_let_go_of),
		WITH_RIG(a_descriptor_that_got_lost_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
