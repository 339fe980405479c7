// The messages between cores: what Message::kind, tag and pointer mean to the server. Messages of
// one core to another are handled in the order they were sent.
#pragma once

#include <cstdint>

#include "protocol/out_buffer.h"
#include "reactor/mailbox.h"
#include "server/parcel.h"
#include "server/slowlog.h"

namespace rondo {

enum class MessageKind : uint32_t {
  kParcel,            // pointer: Parcel with requests; the receiver answers with kParcelDone.
  kParcelDone,        // pointer: the same Parcel with replies.
  kLateReply,         // pointer: LateReply, owned by the receiver.
  kPart,              // pointer: Part, tag: PartOperation; answered with kPartDone.
  kPartDone,          // pointer: the same Part, tag: PartResult.
  kTask,              // pointer: CoreTask; answered with kTaskDone.
  kTaskDone,          // pointer: the same CoreTask.
  kUnwatch,           // words[0]: the watch token to forget.
  kPush,              // pointer: OutBuffer, owned by the receiver; words[0]: the session's id.
  kWait,              // pointer: BlockedClient, tag: WaitRequest; answered with kWaitNews.
  kWaitNews,          // pointer: the same BlockedClient, tag: WaitNews.
  kScan,              // pointer: ScanWalk, for the owner of its next shard.
  kScanDone,          // pointer: the same ScanWalk, at home.
  kSlow,              // pointer: SlowCommand, owned by the receiver.
  kPublications,      // pointer: PublicationBatch; answered with kPublicationsDone.
  kPublicationsDone,  // pointer: the same PublicationBatch.
  kTakeFreed,         // Answered with kTakenFreed (server/freeing_pace.h).
  kTakenFreed,        // tag: whether that took a while.
  kHeldRequest,       // pointer: Parcel with one request that is answered late, owned by the
                      // receiver. Never sent: a request that came while the shard was parked.
};

// What is held while a coordinator operates on this core's shard. Parts and held requests are not
// among them: they see to it themselves (Core::handle_part, Core::turn_of).
inline bool touches_shard(MessageKind kind) {
  return kind == MessageKind::kParcel || kind == MessageKind::kTask ||
         kind == MessageKind::kUnwatch || kind == MessageKind::kWait || kind == MessageKind::kScan;
}

inline Message make_message(MessageKind kind, void* pointer, uint32_t tag = 0) {
  Message message{};
  message.kind = static_cast<uint32_t>(kind);
  message.tag = tag;
  message.pointer = pointer;
  return message;
}

// The reply to a request that had to wait on its shard.
struct LateReply {
  ReplyAddress address;
  OutBuffer reply;
};

// A command that took long on another core, on its way to the slow log of its session's core.
struct SlowCommand {
  const Session* session = nullptr;
  SlowlogEntry entry;
};

}  // namespace rondo
