/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_SERVE_H
#define CLI_SERVE_H

#include "cli/cli.h"
#include "cli/keylog.h"
#include "device/file.h"
#include "device/misbehave.h"
#include "vfu/vfu.h"
#include "world/capture.h"

/*
 * A device as a program of its own: what `interlock device` and the
 * emulator's name have in common. Served keys come from the system's
 * randomness, never from a seed.
 */
struct serve {
	struct cli *c;
	/* What to serve, filled in by the caller of serve_run(). */
	struct device_file file; /* parsed; its @slots get the certificates */
	struct device_cfg cfg;	 /* starts as @file says */
	struct identity id;
	struct serve_anchor {
		uint8_t der[CRYPTO_CERT_MAX];
		size_t len;
	} anchor[DEVICE_FILE_ANCHORS]; /* of requesters */
	char ready[64];		       /* the last line before it serves */
	struct vfu_cfg vfu;
	struct cli_keylog keylog;
	struct world_pcap cap; /* of the mailbox; cap.d NULL: none */
	const char *cap_path;
	struct misbehave *misbehave; /* NULL: honest, and stays so */
	struct serve_at {
		enum vfu_front front;
		struct sock_addr addr;
	} at[VFU_DOORS];
	unsigned ats;
	const char *user_dir; /* sockets of vfio-user; NULL: none */

	/* Of serve_run() */
	struct ossl *lib;
	struct crypto crypto;
	struct env env;
	struct arena arena;
	struct device *dev;
	struct vfu *v;
	struct serve_machine *machine; /* with @user_dir */
};

/* NULL and a line: no memory. serve_free() wipes the identity. */
struct serve *serve_new(struct cli *c);
void serve_free(struct serve *s);

/*
 * serve_file() - what to serve
 * @path: a device file; NULL: the default device
 *
 * 0, or CLI_FAILED after a line.
 */
int serve_file(struct serve *s, const char *path);

/*
 * The files that a device file names besides the identity: keys that are
 * shared, trust anchors of requesters. @path: the device file, which they are
 * beside. 0, or CLI_FAILED after a line.
 */
int serve_own(struct serve *s, const char *path);
/* The path of @name, which stands beside @file unless it is absolute. */
int serve_beside(struct serve *s, const char *file, const char *name, char *out,
		 size_t cap);

/* Where to listen. 0, or CLI_USAGE after a line. */
int serve_at(struct serve *s, enum vfu_front front, const char *addr);

/* Secrets of sessions into a file; NULL: none. 0, or CLI_FAILED. */
int serve_keylog(struct serve *s, const char *path);

/* The mailbox's data objects into a file; NULL: none. 0, or CLI_FAILED. */
int serve_capture(struct serve *s, const char *path);

/*
 * Rules to break on purpose, by name; none: nothing changes. 0, or CLI_FAILED
 * or CLI_USAGE after a line. The other prints all there are.
 */
int serve_misbehave(struct serve *s, const char *const *names, size_t n);
int serve_list_misbehaviours(struct cli *c);

/*
 * The machine around the device, whose functions are shown in @dir. Made before
 * the device, of whose link it is the other end; started after it. NULL: no
 * memory or no cryptography; CLI_FAILED after a line.
 */
struct serve_machine;
struct serve_machine *serve_machine_new(struct serve *s);
struct link_end serve_machine_link(struct serve_machine *m);
/* A line of what the device refuses; @ctx is the struct serve. */
void serve_machine_refused(void *ctx, const struct fault *f);
int serve_machine_start(struct serve_machine *m, struct vfu *v,
			const char *dir);
void serve_machine_say(const struct serve_machine *m, const char *dir);
/* Before vfu_free(). NULL is fine. */
void serve_machine_free(struct serve_machine *m);

/* A line to @f would not wait for whoever reads it. */
bool serve_heard(FILE *f);

/* Serves until SIGTERM, SIGINT or a client's leave to end. An exit status. */
int serve_run(struct serve *s);

#endif
