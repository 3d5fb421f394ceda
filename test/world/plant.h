/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_WORLD_PLANT_H
#define TEST_WORLD_PLANT_H

#include "laws_rig.h"

#include "tsm/tsm_priv.h"
#include "world/plats.h"

/*
 * Planted faults: a world runs as the scenario has it up to a command; then
 * one table of one party is wrapped by a copy that lies or does wrong, and the
 * run goes on until a law is broken. The law of the row must be among those
 * that the step broke, and the run must end with the first of them.
 */
#define ON(p)	  (1u << WORLD_##p)
#define PLANT_ALL 0xfu

struct plant {
	unsigned law;
	const char *what; /* who does what wrong */
	const char *role; /* the last honest command */
	const char *verb;
	void (*wrap)(void);
	const char *then; /* commands after it; NULL: the scenario's own */
	unsigned on;	  /* bits of platforms; 0: all */
};

/* Rows of each file; ends with law 0. */
extern const struct plant plants_key[];
extern const struct plant plants_bind[];
extern const struct plant plants_page[];
extern const struct plant plants_sev[];
extern const struct plant plants_cca[];
extern const struct plant plants_tdx[];
extern const struct plant plants_cove[];

/* Is there a world of this platform, and a way into its firmware? */
bool plant_can(unsigned p);
/* The world under test, its firmware's core and what of it is in use. */
struct world *pw(void);
struct tsm *ptsm(void);
struct tsm_conn *pconn(void);
struct tsm_bind *pbind(void);
struct device *pdev(void);
struct fabric_port *pport(void);
struct guest *pguest(void);
enum world_plat_id pplat(void);
/* A page that the IOMMU remembers with T = 1, and the first page of MMIO that
 * the guest has accepted: physical addresses. */
uint64_t pmemo(void);
uint64_t pmmio(void);

/*
 * Copies of tables, put in the place of the real ones; the entries of the copy
 * are then changed. The real ones stay to be called.
 */
struct rp_keys *wrap_keys(void);
extern const struct rp_keys *real_keys;
struct tsm_ops *wrap_ops(void);
extern const struct tsm_ops *real_ops;
struct tsm_gates *wrap_gates(void);
struct guest_arch_ops *wrap_guest(void);
extern const struct guest_arch_ops *real_guest;
struct iommu_rules *wrap_iommu(void);
extern const struct iommu_rules *real_iommu;
struct mem_rules *wrap_mem(void);
extern const struct mem_rules *real_mem;
/* What writes to the root port's registers do. */
struct pci_cfg_ops *wrap_port(void);
/* The device's, which it holds by value or by pointer. */
struct tdi_port *wrap_tdi(void);
extern struct tdi_port real_tdi;
struct tdi_edge (*wrap_edges(void))[TDI_STATES];
struct dsm_cascade *wrap_cascade(void);

#endif
