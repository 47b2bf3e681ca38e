import { UserError, type RoomInput } from "../sdk/index.ts";
import type { Machine } from "./machine.ts";

/** Bytes of a room's id. */
const ID_BYTES = 6;

/** Begins to make a room for a person or an agent. Each call makes another one; its id is in the run's input. */
export async function beginRoom(
  machine: Machine,
  input: Omit<RoomInput, "id">,
  how: { trust: boolean; by: string },
): Promise<{ repo: string; run: string; after: number }> {
  return machine.launch("room", { ...input, id: machine.hands.random(ID_BYTES) }, how);
}

/** Removes a room and ends what runs in it. One with work that its repo does not have is refused unless `force` is given. */
export async function removeRoom(machine: Machine, id: string, { force }: { force: boolean }): Promise<void> {
  const { rooms, workRooms } = machine.hands;
  const room = (await rooms.list()).find((one) => one.id === id);
  if (!room) throw new UserError(`There is no room ${id}`, { next: "lodestar rooms list" });
  const losses = force ? [] : await workRooms.losses(id);
  if (losses.length > 0)
    throw new UserError(`Room ${id} holds work that would be lost: ${losses.join("; ")}`, {
      tried: `looked in ${room.path}`,
      next: `cd ${room.path} && git push origin HEAD:refs/heads/room/${id}   (or, to lose it: lodestar rooms remove ${id} --force)`,
    });
  await machine.catchUp();
  const inside = [...machine.views.repos.values()].find((one) => one.path === room.path);
  if (inside?.desired === "up") await machine.stop(inside.repo, "rooms remove");
  if (!(await rooms.remove(id))) throw new UserError(`There is no room ${id}`, { next: "lodestar rooms list" });
}
