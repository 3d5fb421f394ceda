/* SPDX-License-Identifier: BSD-2-Clause */
#include "family/family.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "family/cut.h"
#include "share.h"
#include "world/cmd_priv.h"

/* Only a hang lasts that long: world time, not wall time, bounds a case. */
#define HANG_S 120

static void die(const char *what)
{
	fprintf(stderr, "family: %s\n", what);
	exit(1);
}

void family_bad(struct family_end *end, const char *fmt, ...)
{
	va_list ap;

	if (!end->good)
		return;
	end->good = false;
	va_start(ap, fmt);
	vsnprintf(end->why, sizeof(end->why), fmt, ap);
	va_end(ap);
}

void family_op_name(const struct lang_call *c, char out[48])
{
	snprintf(out, 48, "%s%s%s", c->cmd->role, c->cmd->verb ? "-" : "",
		 c->cmd->verb ? c->cmd->verb : "");
}

/* --- which cases --- */

static uint64_t name_hash(const char *s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * UINT64_C(0x100000001b3);
	return h;
}

static bool drawn(const struct family *f, const char *name, uint64_t n)
{
	struct dice d = { .state = f->seed ^ name_hash(name) };

	return n <= 1 || dice_u64(&d) % n == 0;
}

bool family_one_in(const struct family *f, uint64_t n)
{
	char name[sizeof(f->name) + 24];

	/* Neither the draw that chose the case, nor another one of its own. */
	snprintf(name, sizeof(name), "one in %llu, %s", (unsigned long long)n,
		 f->name);
	return drawn(f, name, n);
}

static bool wanted(const struct family *f, const char *name)
{
	if (f->only)
		return strcmp(f->only, name) == 0;
	return drawn(f, name, f->share);
}

/* --- the parent's books --- */

static struct family_op *op_of(struct family *f)
{
	char op[48], name[80];

	family_op_name(&f->call[f->next], op);
	snprintf(name, sizeof(name), "%s/%s/%s", f->platform, f->variant, op);
	for (unsigned i = 0; i < f->ops; i++)
		if (strcmp(f->op[i].name, name) == 0)
			return &f->op[i];
	if (f->ops == FAMILY_OPS)
		die("too many operations");
	snprintf(f->op[f->ops].name, sizeof(f->op[0].name), "%.63s", name);
	return &f->op[f->ops++];
}

/* The part of a case's name behind the last slash is its kind. */
static void count_row(struct family *f, const struct family_job *j,
		      const struct family_end *end)
{
	const char *kind = strrchr(j->name, '/') + 1;
	struct family_row *r = f->row;

	if (!end->came[0])
		return;
	while (r < &f->row[f->rows] &&
	       (strcmp(r->op, j->op->name) != 0 || strcmp(r->kind, kind) != 0 ||
		strcmp(r->came, end->came) != 0))
		r++;
	if (r == &f->row[FAMILY_ROWS])
		die("too many ways to come out");
	if (r == &f->row[f->rows]) {
		snprintf(r->op, sizeof(r->op), "%s", j->op->name);
		snprintf(r->kind, sizeof(r->kind), "%.39s", kind);
		snprintf(r->came, sizeof(r->came), "%s", end->came);
		f->rows++;
	}
	r->n++;
}

static void count(struct family *f, struct family_job *j,
		  const struct family_end *end)
{
	struct family_op *op = j->op;

	count_row(f, j, end);

	op->cases++;
	op->unnoticed += end->good && !end->failed;
	op->bad += !end->good;
	if (end->steps > op->steps_max)
		op->steps_max = end->steps;
	if (end->tag < FAMILY_TAGS)
		op->tag[end->tag]++;
	f->cases++;
	f->bad += !end->good;
	if (end->good && !f->verbose)
		return;
	printf("%s %s: %s, %llu steps%s%s\n", end->good ? "ok  " : "FAIL",
	       j->name, end->failed ? "error" : "no error",
	       (unsigned long long)end->steps, end->good ? "" : "; ",
	       end->good ? "" : end->why);
	if (!end->good && !f->only)
		printf("     repeat with --seed %llu --case %s\n",
		       (unsigned long long)f->seed, j->name);
}

/* One child has ended; a child that wrote no report has failed. */
static void reap(struct family *f)
{
	struct family_end end = { .good = true,
				  .failed = true,
				  .tag = FAMILY_TAGS };
	struct family_job *j = NULL;
	int status, pid;

	do
		pid = waitpid(-1, &status, 0);
	while (pid < 0 && errno == EINTR);
	for (unsigned i = 0; i < f->jobs && pid > 0; i++)
		if (f->job[i].pid == pid)
			j = &f->job[i];
	if (!j)
		die("a child that nobody began");
	if (WIFSIGNALED(status))
		family_bad(&end, "%s",
			   WTERMSIG(status) == SIGALRM
				   ? "hangs"
				   : strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) ||
		 read(j->fd, &end, sizeof(end)) != sizeof(end))
		family_bad(&end, "no report, exit status %d",
			   WEXITSTATUS(status));
	close(j->fd);
	j->pid = 0;
	count(f, j, &end);
}

static unsigned running(const struct family *f)
{
	unsigned n = 0;

	for (unsigned i = 0; i < f->jobs; i++)
		n += f->job[i].pid != 0;
	return n;
}

static struct family_job *free_job(struct family *f)
{
	while (running(f) == f->jobs)
		reap(f);
	for (unsigned i = 0; i < f->jobs; i++)
		if (!f->job[i].pid)
			return &f->job[i];
	return NULL;
}

bool family_fork(struct family *f, const char *unit, uint64_t index,
		 const char *kind)
{
	struct family_job *j;
	char name[128];
	int fd[2], pid = -1;

	if (f->child || f->rehearsing)
		return false;
	snprintf(name, sizeof(name), "%s/%s/%llu/%s", op_of(f)->name, unit,
		 (unsigned long long)index, kind);
	if (!wanted(f, name))
		return false;
	j = free_job(f);
	/* What is in the buffers is the parent's to print. */
	fflush(NULL);
	if (!j || pipe(fd) || (pid = fork()) < 0)
		die("no more processes");
	if (pid == 0) {
		alarm(HANG_S);
		f->child = true;
		f->report = fd[1];
		f->step0 = f->w->steps;
		memcpy(f->name, name, sizeof(name));
		return true;
	}
	close(fd[1]);
	*j = (struct family_job){ .pid = pid, .fd = fd[0], .op = op_of(f) };
	memcpy(j->name, name, sizeof(name));
	return false;
}

/* --- the run --- */

static void child_over(struct family *f, enum il_err err)
{
	struct family_end end = { .good = true, .failed = err != IL_OK };
	ssize_t n;

	f->cfg->judge(f, err, &end);
	end.steps = f->w->steps - f->step0;
	n = write(f->report, &end, sizeof(end));
	_exit(n == sizeof(end) ? 0 : 3);
}

static void read_scenario(struct family *f, const char *path)
{
	FILE *in = fopen(path, "r");

	if (!in)
		die("the scenario cannot be read");
	f->text_len = fread(f->text, 1, sizeof(f->text), in);
	fclose(in);
}

static void make_identity(struct family *f)
{
	const struct ossl_cfg ocfg = { .seeded = true, .seed = 3 };
	const struct identity_cfg cfg = { .vendor = 0x1d1a,
					  .device = 1,
					  .class_code = 0x120000,
					  .revision = 1,
					  .subsys_vendor = 0x1d1a,
					  .subsys_device = 1,
					  .serial = 0x1d1a000000000001,
					  .not_before_s = 1000000000,
					  .not_after_s = 4000000000 };
	struct identity_files *files = malloc(sizeof(*files));
	enum identity_fault fault;

	for (size_t i = 0; i < sizeof(f->payload); i++)
		f->payload[i] = (uint8_t)(i * 7 + i / 251);
	if (!files || ossl_new(&ocfg, &f->o) ||
	    identity_new(f->o, &cfg, files) ||
	    identity_load(f->o, files->chain.text, files->chain.len,
			  files->key[IDENTITY_LEAF].text,
			  files->key[IDENTITY_LEAF].len, &f->id, &fault) ||
	    identity_anchor(f->o, files->cert[IDENTITY_ROOT].text,
			    files->cert[IDENTITY_ROOT].len, f->anchor,
			    &f->anchor_len))
		die("no identity");
	free(files);
}

static void open_world(struct family *f, const char *vfs, const char *bdf)
{
	const struct world_cfg cfg = {
		.seed = f->seed + f->rehearsing,
		.now_s = 2000000000,
		.identity = &f->id,
		.anchor = f->anchor,
		.anchor_len = f->anchor_len,
		.payload = f->payload,
		.payload_len = sizeof(f->payload),
		.tap = f->cfg->tap,
		.tap_ctx = f,
		.out = { .call = cut_called },
	};
	struct lang_error e = { 0 };

	f->script =
		(struct lang_script){ .call = f->call, .cap = FAMILY_CALLS };
	if (lang_set(&f->script, "PLATFORM", f->platform) ||
	    lang_set(&f->script, "VFS", vfs) ||
	    lang_set(&f->script, "BDF", bdf) ||
	    lang_set(&f->script, "SPY", "no") ||
	    lang_parse(&f->script, &world_commands, f->text, f->text_len, &e))
		die("the scenario is not understood");
	if (world_new(&cfg, &f->w))
		die("no world");
}

/* `start`, and `step` until it is over, as a scenario would. */
static enum il_err run_stepped(struct family *f, const struct lang_call *c)
{
	struct lang_call named = *c;
	struct world_end end = { 0 };
	enum il_err err;
	unsigned at = 0;

	named.name = "family";
	for (size_t k = 0; k < LANG_ARGS_MAX; k++)
		if (c->v[k].word)
			named.v[k].word =
				named.words + (c->v[k].word - c->words);
	err = world_call(f->w, &named, NULL, &end);
	while (!f->w->ops[at].used)
		at++;
	for (unsigned i = 0; i < WORLD_WAITS && !err && f->w->ops[at].used; i++)
		err = f->cfg->step(f, c) ? world_step_named(f->w, named.name, 1)
					 : IL_E_STATE;
	if (!err && f->w->ops[at].used)
		err = IL_E_TIMEOUT;
	return err;
}

static void run_variant(struct family *f, const char *vfs, const char *bdf)
{
	open_world(f, vfs, bdf);
	for (f->next = 0; f->next < f->script.n; f->next++) {
		const struct lang_call *c = &f->call[f->next];
		struct world_end end = { 0 };
		enum il_err err;

		if (!f->child && f->cfg->before && f->w->built)
			f->cfg->before(f, c);
		if (f->cfg->step && f->w->built &&
		    strcmp(c->cmd->role, "expect") != 0)
			err = run_stepped(f, c);
		else
			err = world_call(f->w, c, c + 1, &end);
		if (f->child)
			child_over(f, err);
		if (err) {
			fprintf(stderr, "line %u: %s\n", c->line,
				f->cfg->step ? f->w->last_text : end.what);
			die("the honest run failed");
		}
		if (f->cfg->after && f->w->built)
			f->cfg->after(f, c);
	}
	if (laws_end(f->w))
		die(f->w->last_text);
	while (running(f))
		reap(f);
	world_free(f->w);
	f->w = NULL;
}

/* --- arguments, summary --- */

static void usage(const char *name)
{
	fprintf(stderr,
		"usage: %s SCENARIO [--seed N] [--share N] [--case NAME] "
		"[--platform NAME] [--jobs N] [--verbose] [--table]\n",
		name);
	exit(2);
}

static void take_args(struct family *f, int argc, char **argv)
{
	for (int i = 2; i < argc; i++) {
		const char *v = i + 1 < argc ? argv[i + 1] : NULL;

		if (strcmp(argv[i], "--verbose") == 0) {
			f->verbose = true;
			continue;
		}
		if (strcmp(argv[i], "--table") == 0) {
			f->table = true;
			continue;
		}
		if (!v)
			usage(argv[0]);
		if (strcmp(argv[i], "--seed") == 0)
			f->seed = strtoull(v, NULL, 0);
		else if (strcmp(argv[i], "--share") == 0)
			f->share = strtoull(v, NULL, 0);
		else if (strcmp(argv[i], "--jobs") == 0)
			f->jobs = (unsigned)strtoul(v, NULL, 0);
		else if (strcmp(argv[i], "--case") == 0)
			f->only = v;
		else if (strcmp(argv[i], "--platform") == 0)
			f->only_on = v;
		else
			usage(argv[0]);
		i++;
	}
	if (f->jobs < 1 || f->jobs > FAMILY_JOBS)
		usage(argv[0]);
}

static void summary(const struct family *f)
{
	for (unsigned i = 0; i < f->ops; i++) {
		const struct family_op *op = &f->op[i];

		if (!op->cases && f->only)
			continue;
		printf("%-34s %6llu cases, %llu bad, %llu unnoticed, at most "
		       "%llu steps",
		       op->name, (unsigned long long)op->cases,
		       (unsigned long long)op->bad,
		       (unsigned long long)op->unnoticed,
		       (unsigned long long)op->steps_max);
		for (unsigned k = 0; k < FAMILY_TAGS; k++)
			if (op->tag[k])
				printf(", %llu %s",
				       (unsigned long long)op->tag[k],
				       f->cfg->tags[k]);
		printf("\n");
	}
	printf("%s: %llu cases, %llu bad; seed %llu, one in %llu\n",
	       f->cfg->name, (unsigned long long)f->cases,
	       (unsigned long long)f->bad, (unsigned long long)f->seed,
	       (unsigned long long)f->share);
}

/* All ways in which one kind came out in one operation. */
static void cell(const struct family *f, const char *variant, const char *op,
		 const char *kind)
{
	const char *sep = "";
	char name[64];

	printf(" |");
	snprintf(name, sizeof(name), "%s/%s/%s", f->platform, variant, op);
	for (unsigned i = 0; i < f->rows; i++) {
		const struct family_row *r = &f->row[i];

		if (strcmp(r->op, name) != 0 || strcmp(r->kind, kind) != 0)
			continue;
		printf("%s %s: %llu", sep, r->came, (unsigned long long)r->n);
		sep = ";";
	}
}

/* PLATFORM/VARIANT/ in front of an operation. */
static size_t row_skip(const char *op)
{
	return (size_t)(strchr(strchr(op, '/') + 1, '/') + 1 - op);
}

/* Of which the first row of its operation and kind stands in the list. */
static bool begins(const struct family *f, unsigned i)
{
	const char *op = f->row[i].op + row_skip(f->row[i].op);

	for (unsigned k = 0; k < i; k++)
		if (strcmp(f->row[k].op + row_skip(f->row[k].op), op) == 0 &&
		    strcmp(f->row[k].kind, f->row[i].kind) == 0)
			return false;
	return true;
}

static void table(const struct family *f)
{
	printf("| operation | what comes in between | PF | VF |\n"
	       "|---|---|---|---|\n");
	for (unsigned i = 0; i < f->rows; i++) {
		const char *op = f->row[i].op + row_skip(f->row[i].op);

		if (!begins(f, i))
			continue;
		printf("| `%s` | `%s`", op, f->row[i].kind);
		cell(f, "pf", op, f->row[i].kind);
		cell(f, "vf", op, f->row[i].kind);
		printf(" |\n");
	}
}

static void run_platform(struct family *f, const char *platform)
{
	f->platform = platform;
	f->rehearsing = f->cfg->rehearse;
	if (f->rehearsing) {
		f->variant = "rehearsal";
		run_variant(f, "0", "0000:01:00.0");
	}
	f->rehearsing = false;
	f->variant = "pf";
	run_variant(f, "0", "0000:01:00.0");
	f->variant = "vf";
	run_variant(f, "1", "0000:01:00.1");
	if (f->table)
		table(f);
	f->rows = 0;
}

int family_main(const struct family_cfg *cfg, uint64_t share, int argc,
		char **argv)
{
	static struct family f;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (argc < 2)
		usage(argv[0]);
	f.cfg = cfg;
	f.share = share_of(share);
	f.seed = share_seed(1);
	f.jobs = cpus < 1 ? 1 : cpus > 2 ? 2 : (unsigned)cpus;
	f.only_on = cfg->platform;
	take_args(&f, argc, argv);
	read_scenario(&f, argv[1]);
	make_identity(&f);
	printf("%s: seed %llu, one case in %llu\n", cfg->name,
	       (unsigned long long)f.seed, (unsigned long long)f.share);
	f.dice.state = f.seed;
	for (unsigned i = 0; i < WORLD_PLATS; i++)
		if (world_plats[i] &&
		    (!f.only_on || !strcmp(f.only_on, world_plats[i]->name)))
			run_platform(&f, world_plats[i]->name);
	ossl_free(f.o);
	summary(&f);
	if (f.only && !f.cases)
		die("there is no such case");
	return f.bad != 0;
}
