/* The memory of a thread. */
#define _GNU_SOURCE
#include "faults.h"

#if CAN_TRACE
#include <sys/uio.h>

bool memory_read(pid_t tid, unsigned long long address, void *data, size_t size)
{
    struct iovec here = {.iov_base = data, .iov_len = size};
    struct iovec there = {.iov_base = (void *)(uintptr_t)address, .iov_len = size};

    return process_vm_readv(tid, &here, 1, &there, 1, 0) == (ssize_t)size;
}

bool memory_write(pid_t tid, unsigned long long address, const void *data, size_t size)
{
    struct iovec here = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
    struct iovec there = {.iov_base = (void *)(uintptr_t)address, .iov_len = size};

    return process_vm_writev(tid, &here, 1, &there, 1, 0) == (ssize_t)size;
}
#endif
