package store

import "time"

var demoQueue = Queue{ID: "bookings", Name: "Bookings", Numbers: []string{"+12025550100", "*"}, Language: "en"}

var demoUsers = []User{
	{ID: "akiko", Name: "Akiko Mori", Role: "agent", Queues: []string{"Bookings"}},
	{ID: "ben", Name: "Ben Ito", Role: "agent", Queues: []string{"Bookings"}},
	{ID: "chika", Name: "Chika Ono", Role: "agent", Queues: []string{"Bookings"}},
	{ID: "sofia", Name: "Sofia Reyes", Role: "supervisor", AllQueues: true},
	{ID: "admin", Name: "Administrator", Role: "admin"},
}

// DemoCustomers gives the records of the demo, as SeedDemo puts them into the database.
func DemoCustomers(now time.Time) []CustomerView { return demoCustomers(now) }

// demoCustomers are the invented customers of an invented travel agency, with times around now.
func demoCustomers(now time.Time) []CustomerView {
	// day gives a time of day some days from today: before now for negative days, after it for positive ones.
	day := func(days, hour, minute int) time.Time {
		y, m, d := now.Date()
		return time.Date(y, m, d+days, hour, minute, 0, 0, time.UTC)
	}
	due := func(days int) *time.Time {
		t := day(days, 0, 0)
		return &t
	}
	all := []CustomerView{
		{
			Customer: Customer{
				Name: "Haruto Tanaka", Organisation: "Tanaka Ceramics", Town: "Sapporo", Tier: "Gold", Language: "ja",
				Phones: []string{"+12025550142", "+81 3-0000-0142"}, Emails: []string{"haruto@example.com"},
				Preferences: "Phone, after 12:00. Speaks Japanese and English.",
				Note:        "Travels with his wife Emi. Likes quiet rooms away from the lift.",
				Orders: []Order{
					{Number: "UM-4729-1835", Title: "Hokkaido winter tour, 2 people", Status: "paid", Amount: "248,000 JPY", PlacedAt: day(-19, 10, 12), DueAt: due(84)},
					{Number: "UM-4418-0291", Title: "Hakone, Yamabuki guesthouse, 2 nights", Status: "completed", Amount: "86,400 JPY", PlacedAt: day(-92, 9, 40), DueAt: due(-64)},
					{Number: "UM-4102-7710", Title: "Rail pass, 7 days, 2 people", Status: "completed", Amount: "100,000 JPY", PlacedAt: day(-201, 16, 5)},
				},
				Cases: []Case{
					{Title: "Wife cannot travel on the 14th", Status: "open", OpenedAt: day(-1, 21, 14)},
					{Title: "Luggage to Hakone arrived a day late", Status: "closed", OpenedAt: day(-65, 11, 30)},
				},
			},
			Timeline: []Past{
				{Channel: "chat", At: day(-1, 21, 14), Title: "Can we change one departure date?", Detail: "The bot took the question down and promised an answer today."},
				{Channel: "order", At: day(-19, 10, 12), Title: "Hokkaido winter tour, 2 people", Detail: "UM-4729-1835, 248,000 JPY, paid by card."},
				{Channel: "email", At: day(-51, 8, 3), Title: "Thank you for Hakone", Detail: "“The Yamabuki was lovely. We will come again in winter.”"},
				{Channel: "call", At: day(-65, 11, 30), Title: "With Ben, 6 min: luggage to Hakone", Detail: "“Please send it to the Yamabuki again.” Fee for the late suitcase refunded."},
				{Channel: "video", At: day(-90, 14, 20), Title: "With Chika, 9 min: rail pass machine", Detail: "Showed the ticket machine at Sapporo station; the pass was printed."},
			},
		},
		{
			Customer: Customer{
				Name: "Jane Doyle", Organisation: "Doyle & Park Architects", Town: "Dublin", Tier: "Silver", Language: "en",
				Phones: []string{"+12025550117"}, Emails: []string{"jane.doyle@example.com", "office@doylepark.example.com"},
				Preferences: "E-mail; calls only on the day of travel.", Note: "Books for an office of eleven.",
				Orders: []Order{
					{Number: "UM-4733-5120", Title: "Kyoto study trip, 11 people", Status: "deposit paid", Amount: "18,700 EUR", PlacedAt: day(-33, 15, 48), DueAt: due(41)},
				},
				Cases: []Case{{Title: "Two names to change on the Kyoto trip", Status: "open", OpenedAt: day(-3, 9, 15)}},
			},
			Timeline: []Past{
				{Channel: "email", At: day(-3, 9, 15), Title: "Two colleagues swap places", Detail: "Maeve and Tom come instead of Rory and Lin. Passports attached."},
				{Channel: "call", At: day(-12, 13, 2), Title: "With Ben, 11 min: vegetarian meals", Detail: "Four of eleven; the temple lodging confirmed it the same day."},
				{Channel: "order", At: day(-33, 15, 48), Title: "Kyoto study trip, 11 people", Detail: "UM-4733-5120, deposit of 3,740 EUR paid."},
			},
		},
		{
			Customer: Customer{
				Name: "Luis Prado", Town: "Lisbon", Language: "en", Phones: []string{"+12025550128"}, Emails: []string{"luis.prado@example.com"},
				Preferences: "Text message first.",
				Orders: []Order{
					{Number: "UM-4751-3308", Title: "Ferry Takamatsu to Naoshima, open ticket", Status: "not delivered", Amount: "64 EUR", PlacedAt: day(-6, 18, 31), DueAt: due(9)},
				},
				Cases: []Case{{Title: "Ticket not delivered: call back promised", Status: "open", OpenedAt: day(-1, 16, 50)}},
			},
			Timeline: []Past{
				{Channel: "call", At: day(-1, 16, 50), Title: "With Akiko, 4 min: where is my ticket?", Detail: "Carrier shows it at the depot since Monday. Promised to call back today at 14:30."},
				{Channel: "chat", At: day(-2, 20, 7), Title: "Tracking number does not work", Detail: "The bot gave the carrier's page; the customer left."},
				{Channel: "order", At: day(-6, 18, 31), Title: "Ferry Takamatsu to Naoshima", Detail: "UM-4751-3308, 64 EUR, by post."},
			},
		},
		{
			Customer: Customer{
				Name: "Eva Stern", Organisation: "Stern Wandern", Town: "Graz", Tier: "Gold", Language: "de",
				Phones: []string{"+12025550133"}, Emails: []string{"eva@sternwandern.example.com"},
				Preferences: "Phone, mornings. German or English.", Note: "Leads her own walking groups; knows the Kumano routes better than we do.",
				Orders: []Order{
					{Number: "UM-4740-9907", Title: "Kumano Kodo, guesthouses for 8, 5 nights", Status: "confirming", Amount: "5,960 EUR", PlacedAt: day(-9, 7, 55), DueAt: due(27)},
					{Number: "UM-4233-4101", Title: "Nakasendo, 6 people, 4 nights", Status: "completed", Amount: "3,120 EUR", PlacedAt: day(-240, 8, 20)},
				},
				Cases: []Case{{Title: "Confirm the guesthouse in Chikatsuyu", Status: "open", OpenedAt: day(-2, 8, 41)}},
			},
			Timeline: []Past{
				{Channel: "call", At: day(-2, 8, 41), Title: "With Chika, 7 min: eight beds in Chikatsuyu", Detail: "The guesthouse has six; its neighbour may take two. Promised word by tomorrow 16:00."},
				{Channel: "email", At: day(-8, 6, 30), Title: "Luggage between the guesthouses", Detail: "Wants it carried on days 2 and 4 only."},
				{Channel: "video", At: day(-239, 9, 10), Title: "With Ben, 14 min: reading the trail map", Detail: "Marked the detour after the landslide on the map."},
			},
		},
		{
			Customer: Customer{
				Name: "Niamh O'Donoghue", Town: "Galway", Language: "en", Phones: []string{"+12025550151"}, Emails: []string{"niamh.od@example.com"},
				Preferences: "Phone, evenings.", Note: "Her name is said “Neev”.",
				Orders: []Order{
					{Number: "UM-4760-1184", Title: "Okinawa, Zamami island, 1 week", Status: "quoted", Amount: "1,480 EUR", PlacedAt: day(-4, 19, 26), DueAt: due(120)},
				},
				Cases: []Case{{Title: "Quote for Zamami, wants to dive", Status: "open", OpenedAt: day(-4, 19, 26)}},
			},
			Timeline: []Past{
				{Channel: "chat", At: day(-4, 19, 26), Title: "Is March too early for whales?", Detail: "No: late January to early April. Asked for a quote with two dives."},
				{Channel: "call", At: day(-30, 18, 44), Title: "With Akiko, 5 min: first questions", Detail: "Never been to Japan; a week, warm, by the sea."},
			},
		},
		{
			Customer: Customer{
				Name: "Peter Ong", Organisation: "Ong Logistics", Town: "Singapore", Tier: "Silver", Language: "en",
				Phones: []string{"+12025550164"}, Emails: []string{"peter.ong@example.com"},
				Orders: []Order{
					{Number: "UM-4702-6650", Title: "Rail pass, 14 days", Status: "delivered", Amount: "80,000 JPY", PlacedAt: day(-25, 4, 18), DueAt: due(3)},
				},
				Cases: []Case{{Title: "Rail pass: name misspelt", Status: "closed", OpenedAt: day(-7, 5, 9)}},
			},
			Timeline: []Past{
				{Channel: "call", At: day(-7, 5, 9), Title: "With Ben, 3 min: name on the rail pass", Detail: "“Peter”, not “Petr”. New voucher sent, old one cancelled. Solved."},
				{Channel: "order", At: day(-25, 4, 18), Title: "Rail pass, 14 days", Detail: "UM-4702-6650, 80,000 JPY, paid by bank transfer."},
			},
		},
		{
			Customer: Customer{
				Name: "Ana Lima", Town: "Porto", Language: "pt", Phones: []string{"+12025550175"}, Emails: []string{"ana.lima@example.com"},
				Preferences: "Video, when something must be shown.",
				Orders: []Order{
					{Number: "UM-4695-0218", Title: "Tokyo, apartment in Yanaka, 10 nights", Status: "in progress", Amount: "1,310 EUR", PlacedAt: day(-40, 21, 3), DueAt: due(-2)},
				},
			},
			Timeline: []Past{
				{Channel: "video", At: day(-1, 11, 31), Title: "With Chika, 9 min: the key box in Yanaka", Detail: "The dial turns from 7 to 3; the door opened during the call."},
				{Channel: "email", At: day(-5, 17, 12), Title: "Arrival at 23:50", Detail: "Told the landlord; the key waits in the box."},
			},
		},
		{
			Customer: Customer{
				Name: "佐藤 由紀", Organisation: "佐藤旅館", Town: "Nagoya", Tier: "Gold", Language: "ja",
				Phones: []string{"+12025550186"}, Emails: []string{"yuki.sato@example.com"},
				Preferences: "電話（平日 10〜17時）", Note: "夫の健二さんと同じ電話番号。最初にお名前を確認すること。",
				Orders: []Order{
					{Number: "UM-4744-2070", Title: "金沢 二泊三日 大人2名", Status: "paid", Amount: "118,000 JPY", PlacedAt: day(-14, 2, 30), DueAt: due(18)},
				},
				Cases: []Case{{Title: "夕食の時間を19時に変更したい", Status: "open", OpenedAt: day(-1, 1, 20)}},
			},
			Timeline: []Past{
				{Channel: "chat", At: day(-1, 1, 20), Title: "夕食の時間について", Detail: "19時に変更できるか旅館に確認中。"},
				{Channel: "order", At: day(-14, 2, 30), Title: "金沢 二泊三日 大人2名", Detail: "UM-4744-2070、118,000円、カード払い。"},
			},
		},
		{
			Customer: Customer{
				Name: "Kenji Sato", Town: "Nagoya", Language: "ja", Phones: []string{"+12025550186"}, Emails: []string{"kenji.sato@example.com"},
				Preferences: "E-mail.", Note: "Shares the telephone with his wife Yuki.",
				Orders: []Order{
					{Number: "UM-4688-9313", Title: "Golf in Karuizawa, 4 people, 1 day", Status: "completed", Amount: "72,000 JPY", PlacedAt: day(-58, 3, 15), DueAt: due(-30)},
				},
			},
			Timeline: []Past{
				{Channel: "call", At: day(-29, 6, 47), Title: "With Akiko, 4 min: forgotten cap", Detail: "The club house has it and sends it by post."},
			},
		},
		{
			Customer: Customer{
				Name: "Marco Bianchi", Organisation: "Bianchi Film", Town: "Turin", Language: "it", Phones: []string{"+12025550109"},
				Emails: []string{"marco@bianchifilm.example.com"}, Preferences: "Phone.",
				Orders: []Order{
					{Number: "UM-4755-8842", Title: "Minibus with driver, Tohoku, 3 days", Status: "cancelled", Amount: "1,900 EUR", PlacedAt: day(-21, 12, 0)},
				},
				Cases: []Case{{Title: "Complaint: driver came an hour late", Status: "open", OpenedAt: day(-10, 10, 33)}},
			},
			Timeline: []Past{
				{Channel: "email", At: day(-10, 10, 33), Title: "An hour of light lost", Detail: "Asks for half of the day's fee back. Sofia looks into it."},
				{Channel: "call", At: day(-11, 0, 15), Title: "With Chika, 2 min: where is the driver?", Detail: "Stuck behind snow at Zao; came at 10:05."},
			},
		},
	}
	for i := range all {
		all[i].ID = demoID(all[i].Emails[0])
		all[i].CreatedAt = day(-260, 9, 0)
	}
	return all
}
