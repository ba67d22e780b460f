// Photos as they are kept: first what the camera wrote of time and place, then smaller, then named by their hash.

import { sha256 } from "./hash.js";

const LONGEST = 1600;
const QUALITY = 0.8;
export const TYPE = "image/jpeg";

/** A file as a photo: bytes, hash, size, and what the camera wrote.  Throws where the browser cannot read it. */
export async function photoOf(file) {
  const original = await file.arrayBuffer();
  const camera = written(original);
  const picture = await createImageBitmap(new Blob([original], { type: file.type }));
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  const canvas = drawn(picture, Math.round(picture.width * scale), Math.round(picture.height * scale));
  const smaller = await new Promise((resolve) => canvas.toBlob(resolve, TYPE, QUALITY));
  const bytes = await smaller.arrayBuffer();
  return { sha256: await sha256(bytes), bytes, type: TYPE, size: bytes.byteLength, is_sent: false, ...camera };
}

/** A small picture of the bytes of a photo. */
export async function thumbnail(bytes, width, height) {
  const picture = await createImageBitmap(new Blob([bytes], { type: TYPE }));
  const scale = Math.min(width / picture.width, height / picture.height);
  return drawn(picture, Math.round(picture.width * scale), Math.round(picture.height * scale));
}

function drawn(picture, width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, width);
  canvas.height = Math.max(1, height);
  const pen = canvas.getContext("2d");
  // What is transparent would be black in a JPEG.
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return canvas;
}

const TAKEN = 0x9003;
const EXIF = 0x8769;
const GPS = 0x8825;

/** What the camera wrote into a JPEG: ``taken_at`` as it stands there, ``place`` in degrees; none where it is not. */
export function written(bytes) {
  const nothing = { taken_at: null, place: null };
  try {
    const view = tiff(new DataView(bytes));
    if (!view) return nothing;
    const is_little = view.getUint16(0) === 0x4949;
    const top = directory(view, view.getUint32(4, is_little), is_little);
    const camera = top[EXIF] ? directory(view, top[EXIF].number, is_little) : {};
    const place = top[GPS] ? directory(view, top[GPS].number, is_little) : {};
    return { taken_at: camera[TAKEN]?.text ?? null, place: degrees(place) };
  } catch {
    // Cut off, or written by a program that knew no better: the photo is one all the same.
    return nothing;
  }
}

/** The part of a JPEG in which cameras write. */
function tiff(view) {
  if (view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; at + 4 < view.byteLength; ) {
    const [kind, length] = [view.getUint16(at), view.getUint16(at + 2)];
    if (kind >> 8 !== 0xff || kind === 0xffda) return null;
    if (kind === 0xffe1 && view.getUint32(at + 4) === 0x45786966) {
      return new DataView(view.buffer, at + 10, length - 8);
    }
    at += 2 + length;
  }
  return null;
}

function directory(view, start, is_little) {
  const found = {};
  const count = view.getUint16(start, is_little);
  for (let at = start + 2, left = count; left > 0; at += 12, left -= 1) {
    const [tag, kind] = [view.getUint16(at, is_little), view.getUint16(at + 2, is_little)];
    const many = view.getUint32(at + 4, is_little);
    if (kind === 2) {
      const from = many > 4 ? view.getUint32(at + 8, is_little) : at + 8;
      const letters = new Uint8Array(view.buffer, view.byteOffset + from, many);
      found[tag] = { text: String.fromCharCode(...letters).replace(/\0.*$/s, "").trim() };
    } else if (kind === 5) {
      const from = view.getUint32(at + 8, is_little);
      const parts = [0, 1, 2].slice(0, many).map((part) => {
        const place = from + part * 8;
        return view.getUint32(place, is_little) / view.getUint32(place + 4, is_little);
      });
      found[tag] = { parts };
    } else {
      found[tag] = { number: kind === 3 ? view.getUint16(at + 8, is_little) : view.getUint32(at + 8, is_little) };
    }
  }
  return found;
}

function degrees(place) {
  const [north, east] = [
    [place[2], place[1], "S"],
    [place[4], place[3], "W"],
  ].map(([value, side, negative]) => {
    if (!value?.parts) return NaN;
    const [whole, minutes = 0, seconds = 0] = value.parts;
    return (whole + minutes / 60 + seconds / 3600) * (side?.text === negative ? -1 : 1);
  });
  return Number.isFinite(north) && Number.isFinite(east) ? [north, east].map((one) => Number(one.toFixed(6))) : null;
}
