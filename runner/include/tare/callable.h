/* SPDX-License-Identifier: Apache-2.0 */
/*
 * callable - the binary layouts that cross the runtime's ABI
 *
 * Source: facts/runtime.md section 4; offsets asserted in callable_test.c.
 * All little endian.  Nothing here is trusted: tare_callable_read checks an
 * image before anybody looks into it.
 */
#ifndef TARE_CALLABLE_H
#define TARE_CALLABLE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TARE_CALLABLE_IDS       64
#define TARE_FUNC_IDS           1024
#define TARE_CALLABLE_ALIGN     64
#define TARE_CALLABLE_NAME      64
#define TARE_CHILDREN           1024
#define TARE_CHIP_TENSORS       128
#define TARE_CHIP_SCALARS       128
#define TARE_CORE_TENSORS       16
#define TARE_TENSOR_DIMS        5

enum tare_direction { TARE_SCALAR = 0, TARE_IN = 1, TARE_OUT = 2, TARE_INOUT = 3 };

enum tare_data_type {
	TARE_FLOAT32, TARE_FLOAT16, TARE_INT32, TARE_INT16, TARE_INT8, TARE_UINT8,
	TARE_BFLOAT16, TARE_INT64, TARE_UINT64, TARE_UINT16, TARE_UINT32,
	TARE_DATA_TYPES
};

uint32_t tare_data_type_bytes(enum tare_data_type type); /* 0 where there is no such type */

struct tare_core_callable { /* a child kernel; its bytes begin 128 from the start */
	int32_t signature[TARE_CORE_TENSORS]; /* 0 */
	int32_t signature_count;              /* 64 */
	uint32_t binary_size;                 /* 68 */
	uint64_t resolved_address;            /* 72: 0 in an image */
};
#define TARE_CORE_BINARY_OFFSET 128

struct tare_chip_callable { /* 8,852 bytes, aligned to 4; storage follows */
	int32_t signature[TARE_CHIP_TENSORS];     /* 0 */
	int32_t signature_count;                  /* 512 */
	uint32_t binary_size;                     /* 516: the orchestration object, at storage 0 */
	char function_name[TARE_CALLABLE_NAME];   /* 520 */
	uint32_t function_name_length;            /* 584 */
	int32_t child_func_ids[TARE_CHILDREN];    /* 588 */
	uint32_t child_offsets[TARE_CHILDREN];    /* 4684: from storage, multiples of 64 */
	int32_t child_count;                      /* 8780 */
	char config_name[TARE_CALLABLE_NAME];     /* 8784 */
	uint32_t config_name_length;              /* 8848 */
};
#define TARE_CHIP_STORAGE_OFFSET 8852

struct tare_tensor { /* ContinuousTensor, 40 bytes */
	uint64_t data;
	uint32_t shape[TARE_TENSOR_DIMS];
	uint32_t dims;
	uint8_t type;         /* enum tare_data_type */
	uint8_t child_memory; /* data is a device address already */
	uint8_t pad[6];
};

struct tare_chip_args { /* ChipStorageTaskArgs, 6,152 bytes */
	struct tare_tensor tensors[TARE_CHIP_TENSORS];
	uint64_t scalars[TARE_CHIP_SCALARS];
	int32_t tensor_count;
	int32_t scalar_count;
};

struct tare_run_timing { /* PtoRunTiming */
	uint64_t host_wall_ns;
	uint64_t device_wall_ns;
};

/* One child as the reader found it.  Borrowed from the image. */
struct tare_callable_child {
	int32_t func_id;
	uint32_t offset;      /* of its core callable, from the image's start; may not be 8-aligned in host memory */
	uint32_t binary_size;
	const uint8_t *binary;
};

/* A checked view of an image.  Borrowed from the image. */
struct tare_callable_view {
	const uint8_t *image;
	uint64_t size;                  /* of all that the header reaches */
	uint64_t content;               /* tare_hash of it */
	const uint8_t *orchestration;
	uint32_t orchestration_size;
	char function_name[TARE_CALLABLE_NAME];
	char config_name[TARE_CALLABLE_NAME];
	int32_t child_count;
};

/*
 * Checks an image and fills view.  size: bytes readable at image; SIZE_MAX when
 * only the header can tell (the ABI gives no size).  0 or TARE_E_IMAGE with a
 * sentence in error.
 */
int tare_callable_read(const void *image, uint64_t size, struct tare_callable_view *view, char *error, size_t room);

/* Child i of a checked view, i < child_count. */
void tare_callable_child(const struct tare_callable_view *view, int32_t i, struct tare_callable_child *child);

#ifdef __cplusplus
}
#endif

#endif
