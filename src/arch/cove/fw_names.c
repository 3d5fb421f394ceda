/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cove/fw.h"

#include <stddef.h>

#include "arch/cove/abi.h"
#include "base/bits.h"

/* What traces and reports call a function. */
static const struct name {
	uint64_t eid;
	uint32_t fid;
	const char *name;
} names[] = {
	{ COVE_EID_SUPD, SUPD_GET_ACTIVE_DOMAINS, "SUPD get_active_domains" },
	{ COVE_EID_NACL, NACL_PROBE_FEATURE, "NACL probe_feature" },
	{ COVE_EID_NACL, NACL_SET_SHMEM, "NACL set_shmem" },
	{ COVE_EID_COVH, COVH_GET_TSM_INFO, "COVH get_tsm_info" },
	{ COVE_EID_COVH, COVH_CONVERT_PAGES, "COVH convert_pages" },
	{ COVE_EID_COVH, COVH_RECLAIM_PAGES, "COVH reclaim_pages" },
	{ COVE_EID_COVH, COVH_GLOBAL_FENCE, "COVH global_fence" },
	{ COVE_EID_COVH, COVH_LOCAL_FENCE, "COVH local_fence" },
	{ COVE_EID_COVH, COVH_CREATE_TVM, "COVH create_tvm" },
	{ COVE_EID_COVH, COVH_FINALIZE_TVM, "COVH finalize_tvm" },
	{ COVE_EID_COVH, COVH_PROMOTE_TO_TVM, "COVH promote_to_tvm" },
	{ COVE_EID_COVH, COVH_DESTROY_TVM, "COVH destroy_tvm" },
	{ COVE_EID_COVH, COVH_ADD_MEMORY_REGION, "COVH add_memory_region" },
	{ COVE_EID_COVH, COVH_ADD_PAGE_TABLE_PAGES,
	  "COVH add_page_table_pages" },
	{ COVE_EID_COVH, COVH_ADD_MEASURED_PAGES, "COVH add_measured_pages" },
	{ COVE_EID_COVH, COVH_ADD_ZERO_PAGES, "COVH add_zero_pages" },
	{ COVE_EID_COVH, COVH_ADD_SHARED_PAGES, "COVH add_shared_pages" },
	{ COVE_EID_COVH, COVH_CREATE_VCPU, "COVH create_vcpu" },
	{ COVE_EID_COVH, COVH_RUN_VCPU, "COVH run_vcpu" },
	{ COVE_EID_COVH, COVH_TVM_FENCE, "COVH tvm_fence" },
	{ COVE_EID_COVH, COVH_INVALIDATE_PAGES, "COVH invalidate_pages" },
	{ COVE_EID_COVH, COVH_VALIDATE_PAGES, "COVH validate_pages" },
	{ COVE_EID_COVH, COVH_REMOVE_PAGES, "COVH remove_pages" },
	{ COVE_EID_COVH, COVH_CONNECT_DEVICE, "COVH connect_device" },
	{ COVE_EID_COVH, COVH_DISCONNECT_DEVICE, "COVH disconnect_device" },
	{ COVE_EID_COVH, COVH_ADD_REGION, "COVH add_interface_region" },
	{ COVE_EID_COVH, COVH_RECLAIM_REGION, "COVH reclaim_interface_region" },
	{ COVE_EID_COVH, COVH_BIND_INTERFACE, "COVH bind_interface" },
	{ COVE_EID_COVH, COVH_UNBIND_INTERFACE, "COVH unbind_interface" },
	{ COVE_EID_COVH, COVH_SPDM_KEY_UPDATE, "COVH spdm_key_update" },
	{ COVE_EID_COVH, COVH_IDE_KEY_REFRESH, "COVH ide_key_refresh" },
	{ COVE_EID_COVH, COVH_SPDM_HEARTBEAT, "COVH spdm_heartbeat" },
	{ COVE_EID_COVH, COVH_GET_CONN_TRANSCRIPT,
	  "COVH get_connection_transcript" },
	{ COVE_EID_COVG, COVG_ADD_MMIO_REGION, "COVG add_mmio_region" },
	{ COVE_EID_COVG, COVG_REMOVE_MMIO_REGION, "COVG remove_mmio_region" },
	{ COVE_EID_COVG, COVG_SHARE_MEMORY_REGION, "COVG share_memory_region" },
	{ COVE_EID_COVG, COVG_UNSHARE_MEMORY_REGION,
	  "COVG unshare_memory_region" },
	{ COVE_EID_COVG, COVG_GET_DEVICE_LINK, "COVG get_device_link" },
	{ COVE_EID_COVG, COVG_GET_CONN_TRANSCRIPT,
	  "COVG get_connection_transcript" },
	{ COVE_EID_COVG, COVG_GET_MEASUREMENTS, "COVG get_measurements" },
	{ COVE_EID_COVG, COVG_GET_INTERFACE_REPORT,
	  "COVG get_interface_report" },
	{ COVE_EID_COVG, COVG_GET_INTERFACE_STATE, "COVG get_interface_state" },
	{ COVE_EID_COVG, COVG_MAP_INTERFACE_MMIO, "COVG map_interface_mmio" },
	{ COVE_EID_COVG, COVG_START_INTERFACE, "COVG start_interface" },
	{ COVE_EID_COVG, COVG_STOP_INTERFACE, "COVG stop_interface" },
	{ COVE_EID_COVT, COVT_PROGRAM_KEY, "COVT program_rp_ide_key" },
	{ COVE_EID_COVT, COVT_CLEAR_KEY, "COVT clear_rp_ide_key" },
	{ COVE_EID_COVT, COVT_SET_GO, "COVT set_go_rp_ide_key" },
	{ COVE_EID_COVT, COVT_SET_STOP, "COVT set_stop_rp_ide_key" },
	{ COVE_EID_COVT, COVT_KEY_STATUS, "COVT rp_ide_key_status" },
	{ COVE_EID_COVT, COVT_PROGRAM_STREAM, "COVT program_rp_ide_stream" },
	{ COVE_EID_COVT, COVT_CLASSIFY, "COVT classify_interface" },
	{ COVE_EID_COVT, COVT_STREAM_OFF, "COVT rp_ide_stream_off" },
	{ COVE_EID_COVT, COVT_STREAM_STATUS, "COVT rp_ide_stream_status" },
};

const char *cove_fw_name(uint64_t eid, uint64_t fid)
{
	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i].eid == eid &&
		    names[i].fid == (fid & COVE_FID_MASK))
			return names[i].name;
	return NULL;
}
