/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPDM_NAMES_H
#define SPDM_NAMES_H

#include "interlock/device.h"

/* Types of the installed header, by their names inside; see crypto/names.h. */
#define spdm_kind	  il_spdm_kind
#define spdm_span	  il_span
#define spdm_key_pair	  il_key_pair
#define spdm_vdm	  il_spdm_vdm
#define spdm_measurement  il_spdm_measurement
#define spdm_rsp_slot	  il_spdm_slot
#define spdm_rsp_port	  il_spdm_port
#define spdm_csr_ask	  il_spdm_csr_ask
#define spdm_cert_ask	  il_spdm_cert_ask
#define spdm_key_pair_ask il_spdm_key_pair_ask

#define SPDM_PLAIN   IL_SPDM_PLAIN
#define SPDM_SECURED IL_SPDM_SECURED

#endif
